import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../../../test/cluster/start-cluster.ts'
import { noPostgres, type PostgresServer, startPostgres } from '../../../test/support/postgres.ts'
import type { Cluster, Node } from '../../ports/cluster.ts'
import type { Store } from '../../ports/store.ts'
import { openPostgres } from './open-postgres.ts'

type Shared = Store & { readonly cluster: Cluster }

const project = 'default'
const node = (id: string): Node => ({ id, url: `http://${id}:4141`, role: 'all' })

describe.skipIf(noPostgres)('what processes on one Postgres database know of each other', () => {
  let postgres: PostgresServer
  let one: Shared
  let other: Shared

  beforeAll(async () => {
    postgres = await startPostgres()
    const url = await postgres.create()
    one = shared(await openPostgres({ url }))
    other = shared(await openPostgres({ url }))
  })
  afterAll(async () => {
    await one?.close()
    await other?.close()
    await postgres?.[Symbol.asyncDispose]()
  })

  function shared(store: Store): Shared {
    const { cluster } = store
    if (!cluster) throw new Error('a Postgres database is shared')
    return { ...store, cluster }
  }

  it('nodes that live', async () => {
    const { nodes } = one.cluster
    await nodes.beat(node('a'), 1000)
    await other.cluster.nodes.beat(node('b'), 2000)
    expect(await nodes.living(1500)).toEqual([node('b')])
    await nodes.beat(node('a'), 3000)
    expect((await nodes.living(1500)).map(({ id }) => id).sort()).toEqual(['a', 'b'])
    await nodes.removeUnseen(2500)
    expect(await nodes.living(0)).toEqual([node('a')])
    await other.cluster.nodes.remove('a')
    expect(await nodes.living(0)).toEqual([])
  })

  it('one secret, whoever asks first', async () => {
    const asked = [one, other, one].map(({ cluster }, index) => cluster.nodes.secret(`candidate ${index}`))
    expect(new Set(await Promise.all(asked)).size).toBe(1)
  })

  it('who holds a job', async () => {
    const job = { kind: 'test', subject: 'run_1', runAt: 0 }
    const lease = { owner: 'node_a/runs', until: 5000 }
    await one.transaction(project, async (tx) => {
      await tx.jobs.add({ ...job, id: 'job_held', lease })
      await tx.jobs.add({ ...job, id: 'job_free', subject: 'run_2' })
    })
    const ids = ['job_held', 'job_free', 'job_gone'].map((id) => ({ project, id }))
    const held = { id: 'job_held', ...lease }
    const holders = await other.cluster.holders([...ids, { project: 'another', id: 'job_held' }])
    expect(holders.sort((a, b) => a.id.localeCompare(b.id))).toEqual([
      { id: 'job_free', owner: null, until: null },
      held,
    ])
    expect(await other.cluster.holdersAbout(project, 'run_1')).toEqual([held])
    expect(await other.cluster.holdersAbout('another', 'run_1')).toEqual([])
  })

  it('what one of them calls out, also after the database was away', async () => {
    const heard: string[] = []
    const stop = other.cluster.bus.listen('greetings', (payload) => heard.push(payload))
    other.cluster.bus.listen('others', (payload) => heard.push(payload))
    await one.cluster.bus.publish('greetings', 'hello ✓')
    await until(() => heard.length > 0)
    expect(heard).toEqual(['hello ✓'])
    await postgres.stop()
    await postgres.start()
    await until(async () => {
      await one.cluster.bus.publish('greetings', 'again').catch(() => {})
      return heard.includes('again')
    })
    stop()
    await one.cluster.bus.publish('greetings', 'unheard')
    await one.cluster.bus.publish('others', 'last')
    await until(() => heard.includes('last'))
    expect(heard).not.toContain('unheard')
  })
})
