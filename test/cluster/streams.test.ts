import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noPostgres } from '../support/postgres.ts'
import { checkStream } from '../support/stream-grammar.ts'
import { answerTo, question } from './paced-upstream.ts'
import { checkDoneOnce, statusAt, streamRun } from './runs.ts'
import { type Cluster, type ClusterNode, startCluster, until } from './start-cluster.ts'

describe.skipIf(noPostgres)('three nodes on one database', { timeout: 60_000 }, () => {
  let cluster: Cluster
  let assistant_id: string
  let first: ClusterNode
  let door: ClusterNode
  let third: ClusterNode

  beforeAll(async () => {
    cluster = await startCluster([{ REPRISE_MAX_RUNS: '1' }, { REPRISE_ROLE: 'api' }, { REPRISE_MAX_RUNS: '20' }])
    ;[first, door, third] = cluster.nodes as [ClusterNode, ClusterNode, ClusterNode]
    assistant_id = (await first.client.beta.assistants.create({ model: 'paced' })).id
  })
  afterAll(() => cluster?.[Symbol.asyncDispose]())

  it('say who they are', async () => {
    const facts = await Promise.all([first, door, third].map(async ({ url }) => (await fetch(`${url}/health`)).json()))
    expect(facts).toMatchObject([{ role: 'all' }, { role: 'api' }, { role: 'all' }])
    for (const one of facts) expect(one).toMatchObject({ ok: true, database_kind: 'postgres' })
    expect(new Set(facts.map((one) => Reflect.get(Object(one), 'node'))).size).toBe(3)
  })

  it.each([
    ['in no time', question('quick', { words: 3, everyMs: 0 })],
    ['slowly', question('slow', { words: 40, everyMs: 20 })],
  ])('stream whole and in order what another of them carries out %s', async (_, asked) => {
    const runs = await Promise.all(Array.from({ length: 8 }, () => streamRun(door, assistant_id, asked)))
    for (const run of runs) {
      const reading = checkStream(await run.told)
      expect(reading.run.status).toBe('completed')
      expect(reading.messages).toMatchObject([{ content: [{ text: { value: answerTo(asked) } }] }])
      await checkDoneOnce(door, run)
    }
  })

  it('stream at a node that has no room left for the run', async () => {
    const long = question('long', { words: 150, everyMs: 20 })
    const runs = await Promise.all(Array.from({ length: 4 }, () => streamRun(first, assistant_id, long)))
    await until(async () => (await Promise.all(runs.map((run) => statusAt(third, run)))).every(isInProgress))
    for (const { told } of runs) expect(checkStream(await told).run.status).toBe('completed')
  })

  it('stream tokens as they come, not when the run is over', async () => {
    const asked = question('live', { words: 3000, everyMs: 10 })
    const thread = { messages: [{ role: 'user' as const, content: asked }] }
    const events = await door.client.beta.threads.createAndRun({ assistant_id, thread, stream: true })
    const deltas = events[Symbol.asyncIterator]()
    for (let count = 0; count < 10; ) if ((await deltas.next()).value?.event === 'thread.message.delta') count += 1
    events.controller.abort()
  })

  it('reach a run from any of them, so that it is cancelled within a second', async () => {
    const asked = question('cancelled', { words: 3000, everyMs: 10 })
    const run = await streamRun(third, assistant_id, asked)
    await until(async () => (await statusAt(door, run)) === 'in_progress')
    const begun = performance.now()
    await door.client.beta.threads.runs.cancel(run.id, { thread_id: run.thread_id })
    await until(async () => (await statusAt(first, run)) === 'cancelled')
    expect(performance.now() - begun).toBeLessThan(1000)
    expect(checkStream(await run.told).run.status).toBe('cancelled')
    await until(() => cluster.upstream.left.has(asked))
  })

  it('keep their own addresses to themselves', async () => {
    for (const authorization of ['', 'Bearer any']) {
      const { status } = await fetch(`${third.url}/internal/jobs/job_1/events`, { headers: { authorization } })
      expect(status).toBe(401)
    }
  })
})

function isInProgress(status: string): boolean {
  return status === 'in_progress'
}
