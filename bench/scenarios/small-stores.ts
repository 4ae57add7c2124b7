import { atMost, judged } from '../goal.ts'
import { percentile } from '../measure.ts'
import { residentMegabytes } from '../process-stats.ts'
import type { Bench, Outcome, Scenario } from '../scenario.ts'
import { startFileServer } from './file-server.ts'
import { compareSmallStores } from './small-stores-apart.ts'

export const smallStores: Scenario = {
  name: 'small-stores',
  about: '1,000 vector stores of one short file each, searched over HTTP; and small stores beside sqlite-vec',
  run,
}

const stores = 1_000
const atOnce = 8

/** What one store costs: memory beside the others, and a search that has to fetch it before one that need not. */
async function run(bench: Bench): Promise<Outcome> {
  if (bench.self) return { findings: [], tables: [], problems: [] }
  await using server = await startFileServer(bench)
  const problems: string[] = []
  const ids = await fillAll((place) => server.fill([`Store ${place} is about subject${place} and nothing else.`]))
  const filled = residentMegabytes(server.program.pid)

  async function searchAll(): Promise<number[]> {
    const latencies: number[] = []
    for (const [place, id] of ids.entries()) {
      const before = performance.now()
      const { data } = await server.client.vectorStores.search(id, { query: `subject${place}` })
      latencies.push(performance.now() - before)
      if (!data[0]?.content[0]?.text.includes(`subject${place} `)) problems.push(`store ${place} was not found`)
    }
    return latencies.sort((a, b) => a - b)
  }
  const first = await searchAll()
  const again = await searchAll()
  const each = ((residentMegabytes(server.program.pid) - filled) * 1024) / stores
  const goal = atMost(10)
  return {
    findings: [
      judged({ label: 'first search of a store, p50', value: percentile(first, 50), unit: 'ms', goal, noisy: false }),
      { label: 'first search of a store, p95', value: percentile(first, 95), unit: 'ms' },
      { label: 'second search, p50', value: percentile(again, 50), unit: 'ms' },
      { label: 'memory for each store searched', value: each, unit: 'KB' },
      { label: 'RSS', value: residentMegabytes(server.program.pid), unit: 'MB' },
    ],
    tables: [await compareSmallStores(bench.newFolder)],
    problems,
  }
}

async function fillAll(fill: (place: number) => Promise<string>): Promise<string[]> {
  const ids: string[] = []
  const places = Array.from({ length: stores }, (_, place) => place).values()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const place of places) ids[place] = await fill(place)
    }),
  )
  return ids
}
