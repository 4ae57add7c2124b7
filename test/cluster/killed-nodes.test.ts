import { expect, it } from 'vitest'
import { randomFrom } from '../crash/random.ts'
import { noPostgres } from '../support/postgres.ts'
import { checkStore } from './check-store.ts'
import { createLoad } from './load.ts'
import { type ClusterNode, startCluster, until } from './start-cluster.ts'

const rounds = 3
const runsPerRound = 15
const seed = Number(process.env.CLUSTER_SEED ?? Date.now() % 1_000_000)

it.skipIf(noPostgres)(
  `nodes that are killed at any moment lose no run (CLUSTER_SEED=${seed})`,
  {
    timeout: 120_000,
  },
  async () => {
    const random = randomFrom(seed)
    await using cluster = await startCluster([{}, {}, {}])
    const living = [...cluster.nodes] as [ClusterNode, ...ClusterNode[]]
    const { id } = await living[0].client.beta.assistants.create({ model: 'paced' })
    const load = createLoad({ nodes: () => living, assistant_id: id, random })
    for (let round = 0; round < rounds; round++) {
      const begun = cluster.upstream.replies.length
      load.begin(runsPerRound)
      const enough = 1 + Math.floor(random() * runsPerRound)
      await until(() => cluster.upstream.replies.length - begun >= enough)
      const [killed] = living.splice(Math.floor(random() * living.length), 1)
      killed?.signal('SIGKILL')
      living.push(await cluster.add({}))
    }
    const { streamed } = await load.over()
    expect(streamed).toBeGreaterThan(0)
    expect(load.acknowledged).toHaveLength(rounds * runsPerRound)
    await checkStore({ ...cluster, runs: load.acknowledged })
    const left = cluster.upstream.replies.filter(({ whole }) => !whole)
    expect(left.length).toBeGreaterThan(0) // or the kills came too late to tell anything
  },
)
