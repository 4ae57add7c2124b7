import { createSearchIndex } from '../../src/adapters/search/search-index.ts'
import type { SearchIndex, SearchRequest } from '../../src/ports/search.ts'
import { atLeast, atMost, type Finding, judged } from '../goal.ts'
import { residentMegabytes } from '../process-stats.ts'
import type { Bench, Outcome, Scenario } from '../scenario.ts'
import { type Searcher, searchInTurns, type Timing } from '../search-turns.ts'
import { openVectorTable, type VectorTable, whyNoSqliteVec } from '../sqlite-vec.ts'
import { createGrowingStore, createMaterial, dimensions, type GrowingStore, type Material } from './search-index.ts'
import { recallOf } from './search-recall.ts'

export const search: Scenario = {
  name: 'search',
  about: `the index alone, one thread, stores of ${dimensions} dimensions, beside sqlite-vec`,
  run,
}

const sizes = [1_000, 10_000, 100_000]
const goals = { 'by words': 5, 'by both': 50 }
const memoryBytes = 2 * 1024 ** 3
const silent = { warn() {}, error() {}, info() {}, debug() {} }
const recallQuestions = 20

interface Bout {
  readonly size: number
  readonly timings: readonly Timing[]
  /** Of the nearest that sqlite-vec finds, how many ours finds too; NaN without sqlite-vec. */
  readonly recall: number
  /** The whole process, and the database of sqlite-vec, which is a part of it. */
  readonly residentMB: number
  readonly tableMB: number
}

/** What is searched: the same passages, in the index and in a table of sqlite-vec. */
interface Field {
  readonly store: GrowingStore
  readonly index: SearchIndex
  readonly material: Material
  readonly table: VectorTable | null
}

/** Grows one store and asks it at each size. Passages lie in memory, here those of sqlite-vec too. */
async function run({ pace, self }: Bench): Promise<Outcome> {
  if (self) return { findings: [], tables: [], problems: [] }
  const store = createGrowingStore()
  const index = createSearchIndex({ source: store, memoryBytes, threads: 1, log: silent })
  const missing = whyNoSqliteVec()
  const table = missing === null ? openVectorTable(':memory:', { dimensions }) : null
  const field = { store, index, material: createMaterial(1), table }
  const bouts: Bout[] = []
  for (const size of sizes) bouts.push(await bout(field, size, pace.seconds))
  await index.close()
  table?.close()
  const largest = bouts.at(-1)
  return {
    findings: largest ? findingsOf(largest) : [],
    tables: tablesOf(bouts, missing),
    problems: bouts.flatMap(problemsOf),
  }
}

async function bout(field: Field, size: number, seconds: number): Promise<Bout> {
  const { store, index, material, table } = field
  const before = store.chunks()
  await store.grow(index, material, size)
  if (table) for (const vectors of store.vectorsFrom(before)) table.add(1, vectors)
  const timings = await searchInTurns(searchersOf(field), seconds)
  const recall = table ? await recallOf({ store, index, material, table }, recallQuestions) : Number.NaN
  const tableMB = (table?.bytes() ?? Number.NaN) / 1024 ** 2
  return { size, timings, recall, residentMB: residentMegabytes(process.pid), tableMB }
}

function searchersOf({ index, material, table }: Field): Searcher[] {
  const { signal } = new AbortController()
  const own = (name: string, question: () => SearchRequest): Searcher => ({
    name,
    async search() {
      const request = question()
      const hits = await index.search(request, { signal })
      const fewest = request.space === null ? 1 : request.limit // a word may stand in few passages, a vector is near all
      return hits.length < fewest ? `${name}: ${hits.length} hits` : undefined
    },
  })
  const ours = [
    own('by words', () => material.question('words')),
    own('by vectors', () => material.question('vectors')),
    own('by both', () => material.question('both')),
  ]
  return table ? [...ours, { name: 'sqlite-vec', search: async () => searchTable(table, material) }] : ours
}

function searchTable(table: VectorTable, material: Material): string | undefined {
  const { queries, limit } = material.question('vectors')
  const [query] = queries
  const found = query?.vector ? table.nearest(1, query.vector, limit) : []
  return found.length < limit ? `sqlite-vec: ${found.length} neighbours` : undefined
}

function findingsOf({ size, timings, recall }: Bout): Finding[] {
  const theirs = timings.find(({ name }) => name === 'sqlite-vec')
  const vectors = timings.find(({ name }) => name === 'by vectors')
  const findings = timings.flatMap((timing) => figuresOf(timing, `${size.toLocaleString('en-US')} chunks`))
  if (!theirs || !vectors) return findings
  const goal = atLeast(1)
  return [
    ...findings,
    { label: 'CPU of sqlite-vec against ours by vectors', value: theirs.cpuP50 / vectors.cpuP50, unit: '×' },
    judged({ label: 'recall against sqlite-vec', value: recall, unit: '', goal, noisy: false }),
  ]
}

function figuresOf({ name, p50, p95, cpuP50, noisy }: Timing, what: string): Finding[] {
  const limit = name === 'by words' || name === 'by both' ? goals[name] : undefined
  const median = { label: `${name}, ${what}, p50`, value: p50, unit: 'ms' }
  return [
    limit === undefined ? median : judged({ ...median, goal: atMost(limit), noisy }),
    { label: `${name}, ${what}, p95`, value: p95, unit: 'ms' },
    { label: `${name}, ${what}, CPU p50`, value: cpuP50, unit: 'ms' },
  ]
}

function tablesOf(bouts: readonly Bout[], missing: string | null): Outcome['tables'] {
  const timings = bouts.flatMap(({ size, timings }) =>
    timings.map(({ name, first, p50, p95, cpu, cpuP50 }) => [size, name, first, p50, p95, cpu, cpuP50]),
  )
  return [
    {
      title: `milliseconds a search${missing === null ? '' : ` (${missing})`}`,
      columns: ['chunks', 'search', 'first', 'p50', 'p95', 'CPU', 'CPU p50'],
      rows: timings,
    },
    {
      title: 'recall of ours against sqlite-vec, and megabytes: this process with all passages, the table in it',
      columns: ['chunks', 'recall', 'resident', 'sqlite-vec'],
      rows: bouts.map(({ size, recall, residentMB, tableMB }) => [size, recall, residentMB, tableMB]),
    },
  ]
}

function problemsOf({ size, timings, recall }: Bout): string[] {
  const lost = recall < 1 ? [`${size} chunks: recall ${recall} against sqlite-vec`] : []
  return [...lost, ...timings.flatMap(({ problems }) => problems)]
}
