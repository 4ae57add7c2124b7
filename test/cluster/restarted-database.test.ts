import { expect, it } from 'vitest'
import { randomFrom } from '../crash/random.ts'
import { noPostgres } from '../support/postgres.ts'
import { checkStore } from './check-store.ts'
import { createLoad } from './load.ts'
import { type ClusterNode, startCluster, until } from './start-cluster.ts'

const restarts = 3

it.skipIf(noPostgres)(
  'a database that restarts under load loses nothing, and all goes on by itself',
  {
    timeout: 120_000,
  },
  async () => {
    await using cluster = await startCluster([{}, {}, {}])
    const { postgres, upstream } = cluster
    const nodes = cluster.nodes as readonly [ClusterNode, ...ClusterNode[]]
    const { id } = await nodes[0].client.beta.assistants.create({ model: 'paced' })
    const load = createLoad({ nodes: () => nodes, assistant_id: id, random: randomFrom(1) })
    for (let restart = 0; restart < restarts; restart++) {
      const [told, begun] = [load.acknowledged.length, upstream.replies.length]
      load.begin(15)
      await until(() => load.acknowledged.length - told >= 6 && upstream.replies.length - begun >= 6)
      const failures = load.failures.length
      await postgres.stop()
      load.begin(6)
      await until(() => load.failures.length - failures >= 20)
      await postgres.start()
    }
    const { streamed } = await load.over()
    expect(streamed).toBeGreaterThan(0)
    expect(load.acknowledged).toHaveLength(restarts * 21)
    expect(load.failures.filter((status) => typeof status !== 'number' || status < 500)).toEqual([])
    await checkStore({ ...cluster, runs: load.acknowledged })
  },
)
