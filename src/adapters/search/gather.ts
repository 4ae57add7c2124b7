import type { LiveSegment } from '../../ports/search.ts'
import type { HashedTerm } from './postings.ts'
import type { Candidates, FindJob, Found, Ranking, ScoredQuery, ScoreJob, Slice } from './search-jobs.ts'
import type { SegmentCache, Wave } from './segment-cache.ts'
import { partsOf, runsOf, sliceOf } from './slices.ts'

/** Segments are handed to threads in slices of some milliseconds' work, so that other queries get their turn. */
const chunksWithVectors = 32_768
const chunksWithWords = 262_144

/** Runs jobs in threads, or here when they are small. */
export interface Runner {
  find(job: FindJob, signal: AbortSignal): Promise<Found>
  score(job: ScoreJob, chunks: number, signal: AbortSignal): Promise<Candidates[]>
}

/** What is searched. */
export interface Scope {
  readonly cache: SegmentCache
  readonly runner: Runner
  readonly segments: readonly LiveSegment[]
  /** Whether the vectors of a segment can be compared with those of the queries. */
  readonly isComparable: (segment: LiveSegment | undefined, dimensions: number) => boolean
  readonly signal: AbortSignal
}

/** What BM25 has to know of all passages that are searched. */
export interface Statistics {
  chunks: number
  /** In terms, of all chunks together. */
  totalLength: number
  /** In how many chunks each term stands. */
  readonly counts: Float64Array
  /** For each segment and each term in turn, where its postings are in the segment. */
  readonly places: Uint32Array
}

/** What is looked for. */
export interface Scoring {
  readonly queries: readonly ScoredQuery[]
  readonly rankings: readonly Ranking[]
}

/** A passage that may be among the best. */
export interface Candidate {
  /** The number of its segment. */
  readonly segment: number
  readonly chunk: number
  /** Never below its true score. */
  readonly bound: number
  /** For each query. */
  readonly keywords: Float64Array
}

/**
 * Two passes over the segments, since the weight of a word depends on all of them: the first finds the words, then
 * `plan` says what to look for, and the second scores. When all segments are in memory at once, each is touched once.
 */
export async function gather(
  scope: Scope,
  terms: readonly HashedTerm[],
  plan: (statistics: Statistics) => Scoring,
): Promise<{ statistics: Statistics; scoring: Scoring; candidates: Candidate[][] }> {
  const places = new Uint32Array(scope.segments.length * terms.length)
  const statistics = { chunks: 0, totalLength: 0, counts: new Float64Array(terms.length), places }
  for await (const wave of scope.cache.waves(scope.segments, scope.signal)) {
    const slice = sliceOfWave(wave, scope)
    await findIn(wave, slice, scope, terms, statistics)
    if (wave.residents.length < scope.segments.length) continue
    const scoring = plan(statistics)
    const found = await scoreIn(wave, slice, scope, statistics, scoring)
    return { statistics, scoring, candidates: inOrder([found], scoring) }
  }
  const scoring = plan(statistics)
  return { statistics, scoring, candidates: await gatherAgain(scope, statistics, scoring) }
}

/** The second pass alone. */
export async function gatherAgain(scope: Scope, statistics: Statistics, scoring: Scoring): Promise<Candidate[][]> {
  const gathered: Candidate[][][] = []
  for await (const wave of scope.cache.waves(scope.segments, scope.signal)) {
    gathered.push(await scoreIn(wave, sliceOfWave(wave, scope), scope, statistics, scoring))
  }
  return inOrder(gathered, scoring)
}

function sliceOfWave({ numbers, residents }: Wave, { segments, isComparable }: Scope): Slice {
  return sliceOf(residents, (index, { dimensions }) => isComparable(segments[numbers[index] ?? -1], dimensions))
}

async function findIn(
  wave: Wave,
  slice: Slice,
  { runner, signal }: Scope,
  terms: readonly HashedTerm[],
  statistics: Statistics,
): Promise<void> {
  statistics.chunks += wave.chunks
  statistics.totalLength += wave.totalLength
  await together(partsOf(slice, chunksWithWords), async (part) => {
    const found = await runner.find({ kind: 'find', slice: part.slice, terms }, signal)
    for (const [first, start, end] of runsOf(wave.numbers.slice(part.start, part.end))) {
      statistics.places.set(found.places.subarray(start * terms.length, end * terms.length), first * terms.length)
    }
    for (const [term, count] of found.counts.entries()) {
      statistics.counts[term] = (statistics.counts[term] ?? 0) + count
    }
  })
}

/** The candidates of each ranking. */
async function scoreIn(
  wave: Wave,
  slice: Slice,
  { runner, signal }: Scope,
  statistics: Statistics,
  { queries, rankings }: Scoring,
): Promise<Candidate[][]> {
  const averageLength = Math.max(1, statistics.totalLength / statistics.chunks)
  const most = queries.some(({ vector }) => vector) ? chunksWithVectors : chunksWithWords
  const parts = await together(partsOf(slice, most), async ({ start, end, chunks, slice }) => {
    const numbers = wave.numbers.slice(start, end)
    const places = placesOf(statistics, numbers)
    const job: ScoreJob = { kind: 'score', slice, places, averageLength, queries, rankings }
    const found = await runner.score(job, chunks, signal)
    return found.map((candidates) => candidatesOf(candidates, numbers, queries.length))
  })
  return rankings.map((_, ranking) => parts.flatMap((found) => found[ranking] ?? []))
}

/** All of them, whatever becomes of one: memory that a thread reads must not be given back. */
async function together<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const settled = await Promise.allSettled(items.map(work))
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
}

function placesOf({ places, counts }: Statistics, numbers: readonly number[]): Uint32Array {
  const terms = counts.length
  const copy = new Uint32Array(numbers.length * terms)
  for (const [first, start, end] of runsOf(numbers)) {
    copy.set(places.subarray(first * terms, (first + end - start) * terms), start * terms)
  }
  return copy
}

function candidatesOf(found: Candidates, numbers: readonly number[], queries: number): Candidate[] {
  return Array.from(found.bounds, (bound, index) => ({
    segment: numbers[found.segments[index] ?? -1] ?? -1,
    chunk: found.chunks[index] ?? 0,
    bound,
    keywords: found.keywords.subarray(index * queries, (index + 1) * queries),
  }))
}

/** The candidates of each ranking by falling bounds, as many as it wants. */
function inOrder(waves: readonly Candidate[][][], { rankings }: Scoring): Candidate[][] {
  return rankings.map(({ depth }, ranking) =>
    waves
      .flatMap((found) => found[ranking] ?? [])
      .sort((a, b) => b.bound - a.bound || a.segment - b.segment || a.chunk - b.chunk)
      .slice(0, depth),
  )
}
