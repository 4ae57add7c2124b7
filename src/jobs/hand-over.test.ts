import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeCluster } from '../../test/support/fake-cluster.ts'
import { FakeQueue } from '../../test/support/fake-queue.ts'
import { ownerOf } from '../ports/cluster.ts'
import { createHandOver, type HandOver } from './hand-over.ts'
import { createWorker, leaseSeconds, type Worker } from './worker.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const kind = 'test'
const there = ownerOf('node_there', 'runs')

const settled = () => vi.advanceTimersByTimeAsync(0)
const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000)

interface TestNode {
  readonly worker: Worker
  readonly handOver: HandOver
  /** The jobs that it has begun; none ends by itself. */
  readonly began: string[]
}

describe('handing over', () => {
  let cluster: FakeCluster
  let queue: FakeQueue
  let here: TestNode

  beforeEach(async () => {
    vi.useFakeTimers()
    cluster = new FakeCluster()
    queue = new FakeQueue()
    here = await join('node_here')
  })
  afterEach(() => vi.useRealTimers())

  async function join(id: string, { capacity = 1 } = {}): Promise<TestNode> {
    const worker = createWorker({ queue, owner: ownerOf(id, 'runs'), capacity, log })
    const handOver = createHandOver({ cluster, queue, worker, self: id, log })
    const began: string[] = []
    worker.start({
      [kind]: async (job, { signal }) => {
        began.push(job.id)
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      },
    })
    handOver.start()
    await cluster.nodes.beat({ id, url: `http://${id}`, role: 'all' })
    await settled()
    return { worker, handOver, began }
  }

  /** What a transaction does, and what follows its commit. */
  async function give(id: string): Promise<void> {
    const place = await here.handOver.placeAt('node_there')
    if (!place) throw new Error('there is no place at that node')
    queue.add({ id, kind, subject: id, runAt: Date.now(), lease: place.lease })
    place.tell({ project: 'default', id })
    await settled()
  }

  it('gives a job to the node that it is for, which keeps it', async () => {
    const other = await join('node_there')
    await give('a')
    expect([here.began, other.began, queue.holder('a')]).toEqual([[], ['a'], there])
    await seconds(leaseSeconds * 2)
    expect([here.began, other.began, queue.holder('a')]).toEqual([[], ['a'], there])
  })

  it('a node without room gives it to anybody at once', async () => {
    const other = await join('node_there')
    await give('a')
    await give('b')
    expect([here.began, other.began]).toEqual([['b'], ['a']])
  })

  it('a node that is claiming just then takes it when that is over', async () => {
    const other = await join('node_there')
    const answer = Promise.withResolvers<[]>()
    vi.spyOn(queue, 'claim').mockReturnValueOnce(answer.promise).mockReturnValueOnce(answer.promise)
    await seconds(1)
    await give('a')
    expect(other.began).toEqual([])
    answer.resolve([])
    await settled()
    expect([here.began, other.began]).toEqual([[], ['a']])
  })

  it('a node that hears nothing loses it to another within seconds, though it lives', async () => {
    const other = await join('node_there')
    other.handOver.stop()
    await give('a')
    expect([here.began, other.began]).toEqual([[], []])
    await other.worker.stop({ graceMs: 0 })
    await seconds(5)
    expect(here.began).toEqual(['a'])
  })

  it('a node that stops lets others have it at once', async () => {
    const other = await join('node_there')
    await other.worker.stop({ graceMs: 0 })
    await give('a')
    expect(here.began).toEqual(['a'])
  })

  it('nodes that are gone, that carry out no jobs, and this one have no place to give', async () => {
    await cluster.nodes.beat({ id: 'node_door', url: 'http://node_door', role: 'api' })
    for (const node of ['node_gone', 'node_door', 'node_here']) {
      expect(await here.handOver.placeAt(node)).toBeUndefined()
    }
  })

  it('a bus that fails costs time alone', async () => {
    const other = await join('node_there')
    vi.spyOn(cluster.bus, 'publish').mockRejectedValueOnce(new Error('cut off'))
    await give('a')
    expect([here.began, other.began]).toEqual([[], []])
    await seconds(5)
    expect([...here.began, ...other.began]).toEqual(['a'])
  })
})
