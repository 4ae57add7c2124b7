import { createSearchIndex } from '../../src/adapters/search/search-index.ts'
import type { SearchIndex } from '../../src/ports/search.ts'
import { createTestSegments, type TestSegments } from '../../test/support/segments.ts'
import { atMost, type Finding, judged } from '../goal.ts'
import { percentile } from '../measure.ts'
import { residentMegabytes } from '../process-stats.ts'
import type { Bench, Outcome, Scenario } from '../scenario.ts'
import { createMaterial, dimensions, type Material } from './search-index.ts'

export const search: Scenario = {
  name: 'search',
  about: `the index alone, one thread, stores of ${dimensions} dimensions: by words and by both halves`,
  run,
}

const sizes = [1_000, 10_000, 100_000]
const goals = { keyword: 5, hybrid: 50 }
const memoryBytes = 2 * 1024 ** 3
const silent = { warn() {}, error() {}, info() {}, debug() {} }

interface Timing {
  size: number
  kind: keyof typeof goals
  first: number
  p50: number
  p95: number
}

/** Grows one store and asks it at each size. Passages lie in memory here, where the server reads them from the database. */
async function run({ pace, self }: Bench): Promise<Outcome> {
  if (self) return { findings: [], tables: [], problems: [] }
  const segments = createTestSegments()
  const index = createSearchIndex({ source: segments, memoryBytes, threads: 1, log: silent })
  const material = createMaterial(1)
  const timings: Timing[] = []
  const resident: [number, number][] = []
  const problems: string[] = []
  for (const size of sizes) {
    await grow(segments, index, material, size)
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
        columns: ['chunks', 'by', 'first', 'p50', 'p95'],
        rows: timings.map(({ size, kind, first, p50, p95 }) => [size, kind, first, p50, p95]),
      },
      { title: 'resident, this process with its passages', columns: ['chunks', 'MB'], rows: resident },
    ],
    problems,
  }
}

async function grow(segments: TestSegments, index: SearchIndex, material: Material, size: number): Promise<void> {
  let chunks = (await segments.live('project', ['vs_1'])).reduce((sum, { chunk_count }) => sum + chunk_count, 0)
  while (chunks < size) {
    const { chunks: texts, vectors } = material.file()
    chunks += (await segments.add(index, { texts, ...(vectors && { vectors }) })).chunk_count
  }
}

async function ask(
  index: SearchIndex,
  material: Material,
  kind: Timing['kind'],
  millis: number,
  problems: string[],
): Promise<Pick<Timing, 'first' | 'p50' | 'p95'>> {
  const { signal } = new AbortController()
  const latencies: number[] = []
  const end = performance.now() + millis
  while (latencies.length < 2 || performance.now() < end) {
    const request = material.question(kind === 'hybrid')
    const before = performance.now()
    const hits = await index.search(request, { signal })
    latencies.push(performance.now() - before)
    if (hits.length !== request.limit) problems.push(`${kind}: ${hits.length} hits of ${request.limit}`)
  }
  const [first = Number.NaN, ...warm] = latencies
  warm.sort((a, b) => a - b)
  return { first, p50: percentile(warm, 50), p95: percentile(warm, 95) }
}

function findingsOf({ size, kind, p50, p95 }: Timing): Finding[] {
  const label = `${kind}, ${size.toLocaleString('en-US')} chunks`
  const goal = atMost(goals[kind])
  return [
    judged({ label: `${label}, p50`, value: p50, unit: 'ms', goal, noisy: false }),
    { label: `${label}, p95`, value: p95, unit: 'ms' },
  ]
}
