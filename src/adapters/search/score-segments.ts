import { type Best, createBest } from './best.ts'
import { createDotProducts } from './dot-products.ts'
import { findTerm, type HashedTerm, lengthsAt, type Memory, memoryOf } from './postings.ts'
import { layoutOf, mostDimensions, type QuantizedQuery, type VectorLayout } from './vectors.ts'

/** Robertson's BM25, with the usual numbers. */
const k1 = 1.2
const b = 0.75

const rowsAtOnce = 4096
const scratchOut = 2 * mostDimensions
/** What a thread needs of the memory for itself. */
export const scratchBytes = scratchOut + 4 * rowsAtOnce

/** A share of the segments that are searched, with a number for each. */
export interface Slice {
  readonly chunks: Uint32Array
  /** Addresses. */
  readonly postings: Uint32Array
  /** Of the postings' hash tables. */
  readonly slots: Uint32Array
  /** Addresses; 0 where vectors cannot be compared. */
  readonly vectors: Uint32Array
}

export interface FindJob {
  readonly kind: 'find'
  readonly slice: Slice
  readonly terms: readonly HashedTerm[]
}

export interface Found {
  /** For each segment and each term in turn, the bytes from the segment's start to its postings; 0 where it has none. */
  readonly places: Uint32Array
  /** In how many chunks each term stands. */
  readonly counts: Float64Array
}

export interface ScoreJob {
  readonly kind: 'score'
  readonly slice: Slice
  readonly places: Uint32Array
  /** Mean length of the chunks searched, in terms. */
  readonly averageLength: number
  readonly queries: readonly ScoredQuery[]
  readonly rankings: readonly Ranking[]
}

export interface ScoredQuery {
  /** What each term contributes at most; they sum to 1. */
  readonly weights: Float64Array
  readonly vector: QuantizedQuery | null
}

/** An order to look for: a passage's best score over some of the queries. */
export interface Ranking {
  /** By their numbers. */
  readonly queries: readonly number[]
  readonly vectorWeight: number
  readonly keywordWeight: number
  /** The weight of keywords for passages whose vectors cannot be compared. */
  readonly keywordAlone: number
  /** How many are wanted. */
  readonly depth: number
}

/** Passages by falling `bounds`: a bound is never below the passage's true score, and equals it without vectors. */
export interface Candidates {
  /** By their numbers in the slice. */
  readonly segments: Uint32Array
  readonly chunks: Uint32Array
  readonly bounds: Float64Array
  /** For each passage and each query in turn. */
  readonly keywords: Float64Array
}

export type SearchJob = FindJob | ScoreJob

/** Scores what lies in the memory. `scratch` is the address of `scratchBytes` that nobody else writes to. */
export function createScorer(shared: WebAssembly.Memory, scratch: number) {
  const dots = createDotProducts(shared)
  let memory = memoryOf(shared.buffer)

  function look(): Memory {
    if (memory.bytes.byteLength !== shared.buffer.byteLength) memory = memoryOf(shared.buffer)
    return memory
  }

  function find({ slice, terms }: FindJob): Found {
    const { words } = look()
    const { postings, slots } = slice
    const places = new Uint32Array(postings.length * terms.length)
    const counts = new Float64Array(terms.length)
    for (const [number, term] of terms.entries()) {
      let count = 0
      for (let index = 0; index < postings.length; index++) {
        const slot = findTerm(words, postings[index] ?? 0, slots[index] ?? 0, term)
        if (slot === 0) continue
        places[index * terms.length + number] = words[slot + 2] ?? 0
        count += words[slot + 3] ?? 0
      }
      counts[number] = count
    }
    return { places, counts }
  }

  function score(job: ScoreJob): Candidates[] {
    const memory = look()
    const firsts = firstChunks(job.slice)
    const keywords = scoreKeywords(memory, job, firsts)
    const vectors = job.queries.map(({ vector }) => vector && scoreVectors(memory, job.slice, firsts, vector))
    return job.rankings.map((ranking) => rank(job, ranking, firsts, keywords, vectors))
  }

  /** Bounds of the cosines of a query with every chunk. */
  function scoreVectors(memory: Memory, slice: Slice, firsts: Uint32Array, query: QuantizedQuery): Float32Array {
    const bounds = new Float32Array(firsts.at(-1) ?? 0)
    new Int16Array(memory.bytes.buffer, scratch, query.vector.length).set(query.vector)
    for (const [index, at] of slice.vectors.entries()) {
      if (at === 0) continue
      const count = slice.chunks[index] ?? 0
      const layout = layoutOf(memory.words[at / 4] ?? 0, count)
      const first = firsts[index] ?? 0
      for (let row = 0; row < count; row += rowsAtOnce) {
        const rows = Math.min(rowsAtOnce, count - row)
        dots(scratch, at + layout.rows + row * layout.row, rows, layout.row, scratch + scratchOut)
        boundCosines(memory, { at, layout, row, rows }, query, bounds.subarray(first + row))
      }
    }
    return bounds
  }

  function boundCosines(
    { bytes, floats }: Memory,
    { at, layout, row, rows }: { at: number; layout: VectorLayout; row: number; rows: number },
    query: QuantizedQuery,
    bounds: Float32Array,
  ): void {
    const products = new Int32Array(bytes.buffer, scratch + scratchOut, rows)
    const scales = (at + layout.scales) / 4 + row
    const errors = (at + layout.errors) / 4 + row
    for (let i = 0; i < rows; i++) {
      const error = floats[errors + i] ?? 0
      const product = (products[i] ?? 0) * query.scale * (floats[scales + i] ?? 0)
      bounds[i] = product + error + query.error * (1 + error) + rounding
    }
  }

  return { find, score, run: (job: SearchJob) => (job.kind === 'find' ? find(job) : score(job)) }
}

/** More than what sums of 32-bit floats lose. */
const rounding = 1e-5

/** The number of each segment's first chunk within the slice, and at the end how many there are. */
function firstChunks({ chunks }: Slice): Uint32Array {
  const firsts = new Uint32Array(chunks.length + 1)
  for (let index = 0; index < chunks.length; index++) firsts[index + 1] = (firsts[index] ?? 0) + (chunks[index] ?? 0)
  return firsts
}

/** BM25 of every chunk divided by the most it could be, in [0, 1); one array for each query. */
function scoreKeywords(memory: Memory, { slice, places, averageLength, queries }: ScoreJob, firsts: Uint32Array) {
  const scores = queries.map(() => new Float64Array(firsts.at(-1) ?? 0))
  const terms = queries[0]?.weights.length ?? 0
  const perLength = (k1 * b) / averageLength
  for (let index = 0; index < slice.postings.length; index++) {
    const at = slice.postings[index] ?? 0
    const lengths = lengthsAt(at, slice.slots[index] ?? 0)
    const first = firsts[index] ?? 0
    for (let term = 0; term < terms; term++) {
      const place = places[index * terms + term] ?? 0
      if (place === 0) continue
      for (const [number, { weights }] of queries.entries()) {
        const weight = weights[term] ?? 0
        const target = scores[number]
        if (weight > 0 && target) addTerm(memory, at + place, target, { weight, perLength, lengths, first })
      }
    }
  }
  return scores
}

/** Adds what one term contributes to the chunks of one segment. The numbers are read in place: this is the inmost loop. */
function addTerm(
  { bytes, words }: Memory,
  at: number,
  target: Float64Array,
  { weight, perLength, lengths, first }: { weight: number; perLength: number; lengths: number; first: number },
): void {
  const base = k1 * (1 - b)
  let from = at
  let byte = bytes[from++] ?? 0
  let count = byte & 0x7f
  for (let shift = 7; byte >= 0x80; shift += 7) {
    byte = bytes[from++] ?? 0
    count |= (byte & 0x7f) << shift
  }
  for (let chunk = 0; count > 0; count--) {
    byte = bytes[from++] ?? 0
    let step = byte & 0x7f
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = bytes[from++] ?? 0
      step |= (byte & 0x7f) << shift
    }
    let times = step & 1
    if (times === 0) {
      byte = bytes[from++] ?? 0
      times = byte & 0x7f
      for (let shift = 7; byte >= 0x80; shift += 7) {
        byte = bytes[from++] ?? 0
        times |= (byte & 0x7f) << shift
      }
    }
    chunk += step >>> 1
    const share = times / (times + base + perLength * (words[lengths + chunk] ?? 0))
    target[first + chunk] = (target[first + chunk] ?? 0) + weight * share
  }
}

function rank(
  { slice, queries }: ScoreJob,
  ranking: Ranking,
  firsts: Uint32Array,
  keywords: readonly Float64Array[],
  vectors: readonly (Float32Array | null)[],
): Candidates {
  const bounds = boundsOf(ranking, slice, firsts, keywords, vectors)
  const size = Math.min(ranking.depth, bounds.length)
  const best = createBest(size)
  const kept = new Float64Array(size * queries.length)
  let floor = 0
  for (let index = 0; index < slice.postings.length; index++) {
    const first = firsts[index] ?? 0
    const end = firsts[index + 1] ?? 0
    for (let chunk = first; chunk < end; chunk++) {
      const bound = bounds[chunk] ?? 0
      if (bound <= floor) continue
      const place = best.offer(bound, index, chunk - first)
      floor = best.floor()
      for (const [number, scores] of keywords.entries()) kept[place * queries.length + number] = scores[chunk] ?? 0
    }
  }
  return inOrder(best, kept, queries.length)
}

/** The most that each chunk's score may be. One plain loop after the other: each runs over all chunks. */
function boundsOf(
  { queries, vectorWeight, keywordWeight, keywordAlone }: Ranking,
  slice: Slice,
  firsts: Uint32Array,
  keywords: readonly Float64Array[],
  vectors: readonly (Float32Array | null)[],
): Float64Array {
  const bounds = new Float64Array(firsts.at(-1) ?? 0)
  for (const query of queries) {
    const words = keywords[query] ?? bounds
    const cosines = vectors[query]
    for (let index = 0; index < slice.vectors.length; index++) {
      const first = firsts[index] ?? 0
      const end = firsts[index + 1] ?? 0
      if (cosines && slice.vectors[index] !== 0) {
        for (let chunk = first; chunk < end; chunk++) {
          const cosine = cosines[chunk] ?? 0
          const bound = (cosine > 0 ? vectorWeight * cosine : 0) + keywordWeight * (words[chunk] ?? 0)
          if (bound > (bounds[chunk] ?? 0)) bounds[chunk] = bound
        }
      } else {
        for (let chunk = first; chunk < end; chunk++) {
          const bound = keywordAlone * (words[chunk] ?? 0)
          if (bound > (bounds[chunk] ?? 0)) bounds[chunk] = bound
        }
      }
    }
  }
  return bounds
}

function inOrder({ places, scores, segments, chunks }: Best, kept: Float64Array, queries: number): Candidates {
  const order = places()
  const keywords = new Float64Array(order.length * queries)
  for (const [index, place] of order.entries()) {
    keywords.set(kept.subarray(place * queries, (place + 1) * queries), index * queries)
  }
  return {
    segments: order.map((place) => segments[place] ?? 0),
    chunks: order.map((place) => chunks[place] ?? 0),
    bounds: Float64Array.from(order, (place) => scores[place] ?? 0),
    keywords,
  }
}
