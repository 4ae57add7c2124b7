import { createSearchIndex } from '../../src/adapters/search/search-index.ts'
import type { SearchIndex } from '../../src/ports/search.ts'
import { atMost, type Finding, judged } from '../goal.ts'
import { noisySpread, percentile } from '../measure.ts'
import { residentMegabytes } from '../process-stats.ts'
import type { Bench, Outcome, Scenario } from '../scenario.ts'
import { createGrowingStore, createMaterial, dimensions, type Material } from './search-index.ts'

export const search: Scenario = {
  name: 'search',
  about: `the index alone, one thread, stores of ${dimensions} dimensions: by words and by both halves`,
  run,
}

const sizes = [1_000, 10_000, 100_000]
const goals = { keyword: 5, hybrid: 50 }
const fewestSearches = 20
const memoryBytes = 2 * 1024 ** 3
const silent = { warn() {}, error() {}, info() {}, debug() {} }

interface Timing {
  size: number
  kind: keyof typeof goals
  first: number
  p50: number
  p95: number
  /** CPU time of one search, every thread of it, in milliseconds. */
  cpu: number
  /** Searches waited for a processor: with one thread at work, time by the clock is CPU time and little else. */
  noisy: boolean
}

/** Grows one store and asks it at each size. Passages lie in memory here, where the server reads them from the database. */
async function run({ pace, self }: Bench): Promise<Outcome> {
  if (self) return { findings: [], tables: [], problems: [] }
  const store = createGrowingStore()
  const index = createSearchIndex({ source: store, memoryBytes, threads: 1, log: silent })
  const material = createMaterial(1)
  const timings: Timing[] = []
  const resident: [number, number][] = []
  const problems: string[] = []
  for (const size of sizes) {
    await store.grow(index, material, size)
    for (const kind of ['keyword', 'hybrid'] as const) {
      timings.push({ size, kind, ...(await ask(index, material, kind, pace.seconds * 1000, problems)) })
    }
    resident.push([size, residentMegabytes(process.pid)])
  }
  await index.close()
  return {
    findings: timings.filter(({ size }) => size === sizes.at(-1)).flatMap(findingsOf),
    tables: [
      {
        title: 'milliseconds a search',
        columns: ['chunks', 'by', 'first', 'p50', 'p95', 'CPU'],
        rows: timings.map(({ size, kind, first, p50, p95, cpu }) => [size, kind, first, p50, p95, cpu]),
      },
      { title: 'resident, this process with its passages', columns: ['chunks', 'MB'], rows: resident },
    ],
    problems,
  }
}

async function ask(
  index: SearchIndex,
  material: Material,
  kind: Timing['kind'],
  millis: number,
  problems: string[],
): Promise<Omit<Timing, 'size' | 'kind'>> {
  const { signal } = new AbortController()
  const latencies: number[] = []
  let cpu = 0
  const end = performance.now() + millis
  while (latencies.length <= fewestSearches || performance.now() < end) {
    const request = material.question(kind === 'hybrid')
    const used = process.cpuUsage()
    const before = performance.now()
    const hits = await index.search(request, { signal })
    latencies.push(performance.now() - before)
    const { user, system } = process.cpuUsage(used)
    if (latencies.length > 1) cpu += (user + system) / 1000
    const fewest = kind === 'hybrid' ? request.limit : 1 // a word may stand in few passages, a vector is near all
    if (hits.length < fewest) problems.push(`${kind}: ${hits.length} hits`)
  }
  const [first = Number.NaN, ...warm] = latencies
  const total = warm.reduce((sum, latency) => sum + latency, 0)
  warm.sort((a, b) => a - b)
  const [p50, p95] = [percentile(warm, 50), percentile(warm, 95)]
  return { first, p50, p95, cpu: cpu / warm.length, noisy: total > noisySpread * cpu }
}

function findingsOf({ size, kind, p50, p95, cpu, noisy }: Timing): Finding[] {
  const label = `${kind}, ${size.toLocaleString('en-US')} chunks`
  const goal = atMost(goals[kind])
  return [
    judged({ label: `${label}, p50`, value: p50, unit: 'ms', goal, noisy }),
    { label: `${label}, p95`, value: p95, unit: 'ms' },
    { label: `${label}, CPU`, value: cpu, unit: 'ms' },
  ]
}
