import { APIError } from 'openai'
import { expect, it } from 'vitest'
import { startCuttableProxy } from '../support/cuttable-proxy.ts'
import { noPostgres } from '../support/postgres.ts'
import { checkStore } from './check-store.ts'
import { question } from './paced-upstream.ts'
import { beginRun, statusAt, streamRun } from './runs.ts'
import { type ClusterNode, startCluster, until } from './start-cluster.ts'

/** How soon a node that is gone has to be replaced. */
const takeoverMs = 30_000

it.skipIf(noPostgres)(
  'nodes that are cut off from the database lose their runs to others, do no harm, and come back',
  {
    timeout: 120_000,
  },
  async () => {
    await using cluster = await startCluster([{}])
    const { postgres, upstream, databaseUrl } = cluster
    const [left] = cluster.nodes as [ClusterNode]
    await using parted = await startCuttableProxy(postgres.port)
    await using refused = await startCuttableProxy(postgres.port)
    const by = ({ port }: { port: number }) => ({
      REPRISE_DATABASE_URL: databaseUrl.replace(`:${postgres.port}/`, `:${port}/`),
    })
    const away = await Promise.all([cluster.add(by(parted)), cluster.add(by(refused))])
    const { id: assistant_id } = await left.client.beta.assistants.create({ model: 'paced' })
    // Long enough for the first to be at it when their leases lapse.
    const ask = (name: string) => question(name, { words: 400, everyMs: 150, againMs: 2 })
    const four = [0, 1, 2, 3]
    const plain = await Promise.all(
      away.flatMap((node, place) => four.map((n) => beginRun(node, assistant_id, ask(`plain${place}${n}`)))),
    )
    const streamed = await Promise.all(
      away.flatMap((node, place) => four.map((n) => streamRun(node, assistant_id, ask(`streamed${place}${n}`)))),
    )
    const all = [...plain, ...streamed]
    const completed = async () =>
      (await Promise.all(all.map((run) => statusAt(left, run)))).every((status) => status === 'completed')
    await until(() => upstream.replies.length >= all.length)

    parted.cut('silent')
    refused.cut('refused')
    const asked = away.map(({ client }) => client.beta.assistants.retrieve(assistant_id).catch(statusOf))
    await until(completed, takeoverMs + 5_000)
    expect(await Promise.all(asked)).toEqual([503, 503])
    // They give up by themselves what they cannot know to be theirs.
    await until(() => all.every((run) => upstream.left.has(run.asked)), takeoverMs)
    for (const { told } of streamed) expect((await told).at(-2)?.event).toBe('error')

    parted.mend()
    refused.mend()
    left.signal('SIGTERM')
    await left.ended
    const again = await Promise.all(
      away.map(async (node, place) => {
        const asked = question(`again${place}`, { words: 3, everyMs: 0 })
        await until(() => node.client.beta.assistants.retrieve(assistant_id).then(Boolean, () => false))
        const run = await streamRun(node, assistant_id, asked)
        expect((await run.told).at(-2)?.event).toBe('thread.run.completed')
        return run
      }),
    )
    await checkStore({ databaseUrl, upstream, runs: [...all, ...again].map(({ id }) => id) })
  },
)

function statusOf(error: unknown): unknown {
  return error instanceof APIError ? error.status : error
}
