import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StreamEvent } from '../../src/api/stream-event.ts'
import { noPostgres } from '../support/postgres.ts'
import { question } from './paced-upstream.ts'
import { type AskedRun, beginRun, checkDoneOnce, statusAt, streamRun } from './runs.ts'
import { type Cluster, type ClusterNode, startCluster, until } from './start-cluster.ts'

/** How soon a node that is gone has to be replaced. */
const takeoverMs = 30_000
/** What a node that does not say that it stops keeps others from its runs for. */
const leaseMs = 20_000

describe.skipIf(noPostgres)('when nodes are lost', { timeout: 120_000 }, () => {
  let cluster: Cluster
  let assistant_id: string
  let killed: ClusterNode
  let frozen: ClusterNode
  let left: ClusterNode
  let door: ClusterNode

  beforeAll(async () => {
    cluster = await startCluster([{}, {}, {}, { REPRISE_ROLE: 'api' }])
    ;[killed, frozen, left, door] = cluster.nodes as [ClusterNode, ClusterNode, ClusterNode, ClusterNode]
    assistant_id = (await left.client.beta.assistants.create({ model: 'paced' })).id
  })
  afterAll(() => cluster?.[Symbol.asyncDispose]())

  it('others complete their runs, once each, and a node that wakes does no harm', async () => {
    const ask = (name: string) => question(name, { words: 150, everyMs: 20 })
    const six = Array.from({ length: 6 }, (_, index) => index)
    const plain = await Promise.all(
      [killed, frozen].flatMap((node, place) => six.map((n) => beginRun(node, assistant_id, ask(`run${place}${n}`)))),
    )
    const atFrozen = await Promise.all(six.map((n) => streamRun(frozen, assistant_id, ask(`frozen${n}`))))
    const atDoor = await Promise.all(six.map((n) => streamRun(door, assistant_id, ask(`door${n}`))))
    const all: AskedRun[] = [...plain, ...atFrozen, ...atDoor]
    await until(async () => (await statuses(all)).every((status) => status === 'in_progress'))

    killed.signal('SIGKILL')
    frozen.signal('SIGSTOP')
    await until(async () => (await statuses(all)).every((status) => status === 'completed'), takeoverMs + 5_000)
    for (const run of all) await checkDoneOnce(left, run)
    for (const { told } of atDoor) expect(['thread.run.completed', 'error']).toContain(endOf(await told))

    frozen.signal('SIGCONT')
    for (const { told } of atFrozen) expect(endOf(await told)).toBe('error')
    for (const run of all) await checkDoneOnce(frozen, run)
    const again = await beginRun(frozen, assistant_id, ask('again'))
    await until(async () => (await statusAt(left, again)) === 'completed')
    await checkDoneOnce(left, again)
  })

  it('a node that is asked to stop hands its runs over at once', async () => {
    const asked = question('handed', { words: 250, everyMs: 20 })
    const runs = await Promise.all(Array.from({ length: 4 }, () => beginRun(frozen, assistant_id, asked)))
    await until(async () => (await statuses(runs)).every((status) => status === 'in_progress'))
    for (const node of [frozen, door]) node.signal('SIGTERM')
    expect(await Promise.all([frozen.ended, door.ended])).toEqual([0, 0])
    await until(async () => (await statuses(runs)).every((status) => status === 'completed'), leaseMs)
    for (const run of runs) await checkDoneOnce(left, run)
  })

  function statuses(runs: readonly AskedRun[]): Promise<string[]> {
    return Promise.all(runs.map((run) => statusAt(left, run)))
  }
})

/** What a stream says before its `done`. */
function endOf(events: readonly StreamEvent[]): string | undefined {
  return events.at(-2)?.event
}
