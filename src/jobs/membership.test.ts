import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Node } from '../ports/cluster.ts'
import { createMembership } from './membership.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const node: Node = { id: 'node_1', url: 'http://127.0.0.1:1', role: 'all' }

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
afterEach(() => void vi.useRealTimers())

function list() {
  const seen = new Map<string, number>([['node_old', 0]])
  return {
    seen,
    beat: async ({ id }: Node, now: number) => void seen.set(id, now),
    living: async () => [],
    remove: async (id: string) => void seen.delete(id),
    async removeUnseen(before: number) {
      for (const [id, at] of seen) if (at < before) seen.delete(id)
    },
    secret: async (candidate: string) => candidate,
  }
}

test('a node is on the list from its start to its stop, and takes off it whoever is long dead', async () => {
  const nodes = list()
  const membership = createMembership({ nodes, log })
  await membership.join(node)
  expect(nodes.seen.get('node_1')).toBe(1_000_000)
  await vi.advanceTimersByTimeAsync(5_000)
  expect([...nodes.seen]).toEqual([['node_1', 1_005_000]])
  await membership.leave()
  await vi.advanceTimersByTimeAsync(60_000)
  expect([...nodes.seen]).toEqual([])
})

test('a sign of life that fails is followed by others', async () => {
  const nodes = list()
  const membership = createMembership({ nodes, log })
  await membership.join(node)
  vi.spyOn(nodes, 'beat').mockRejectedValueOnce(new Error('no database'))
  await vi.advanceTimersByTimeAsync(10_000)
  expect(nodes.seen.get('node_1')).toBe(1_010_000)
})

test('a node that cannot say it is there does not start', async () => {
  const nodes = { ...list(), beat: () => Promise.reject(new Error('no database')) }
  await expect(createMembership({ nodes, log }).join(node)).rejects.toThrow('no database')
})
