import { expect, test } from 'vitest'
import { FakeCluster } from '../../test/support/fake-cluster.ts'
import type { NodeRole } from '../ports/cluster.ts'
import { createFirstNode } from './first-node.ts'

const cluster = new FakeCluster()

async function join(id: string, role: NodeRole = 'all') {
  await cluster.nodes.beat({ id, url: `http://${id}`, role })
  return createFirstNode({ nodes: cluster.nodes, self: id })
}

test('one of the nodes that carry out jobs is the first, and another when that one leaves', async () => {
  await join('node_a', 'api')
  const c = await join('node_c')
  expect(await c()).toBe(true)
  const b = await join('node_b', 'worker')
  expect([await b(), await c()]).toEqual([true, false])
  await cluster.nodes.remove('node_b')
  expect(await c()).toBe(true)
})
