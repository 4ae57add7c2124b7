import { type Best, createBest } from './best.ts'
import type { Candidates, Ranking, ScoreJob, Slice } from './search-jobs.ts'

/** More than rounding may take from a sum of scores, which are no more than 1. */
const rounding = 1e-12

/** One segment, scored. */
export interface ScoredSegment {
  /** Its number in the slice. */
  readonly index: number
  readonly chunks: number
  /** For each query. */
  readonly keywords: readonly Float64Array[]
  /** For each query; null where vectors cannot be compared. */
  readonly cosines: readonly (Float32Array | null)[]
}

/** Finds the chunks that may score best in one order, segment by segment. */
export interface Ranker {
  /** No chunk is taken for the sake of this query unless its keyword score is above this. */
  needed(query: number, cosines: Float32Array | null): number
  take(segment: ScoredSegment): void
  candidates(): Candidates
}

export function createRanker(ranking: Ranking, job: ScoreJob): Ranker {
  const { queries, vectorWeight, keywordWeight, keywordAlone } = ranking
  const { total, longest } = measure(job.slice)
  const size = Math.min(ranking.depth, total)
  const best = createBest(size)
  const queryCount = job.queries.length
  const kept = new Float64Array(size * queryCount)
  const bounds = new Float64Array(longest)

  function needed(query: number, cosines: Float32Array | null): number {
    if (!queries.includes(query)) return Number.POSITIVE_INFINITY
    const weight = cosines ? keywordWeight : keywordAlone
    const given = cosines ? vectorWeight * highestOf(cosines) + rounding : 0
    const missing = best.floor() * (1 - rounding) - given
    if (missing < 0) return -1
    return weight > 0 ? missing / weight : Number.POSITIVE_INFINITY
  }

  function take(segment: ScoredSegment): void {
    boundChunks(segment, ranking, bounds)
    let floor = best.floor()
    for (let chunk = 0; chunk < segment.chunks; chunk++) {
      const bound = bounds[chunk] ?? 0
      if (bound <= floor) continue
      const place = best.offer(bound, segment.index, chunk)
      floor = best.floor()
      for (let query = 0; query < queryCount; query++) {
        kept[place * queryCount + query] = segment.keywords[query]?.[chunk] ?? 0
      }
    }
  }
  return { needed, take, candidates: () => inOrder(best, kept, queryCount) }
}

/** How many chunks there are, and how many in the longest segment. */
function measure({ chunks }: Slice): { total: number; longest: number } {
  let total = 0
  let longest = 0
  for (const count of chunks) {
    total += count
    longest = Math.max(longest, count)
  }
  return { total, longest }
}

/** 0 when all are negative, as negative cosines count. */
function highestOf(cosines: Float32Array): number {
  let highest = 0
  for (let chunk = 0; chunk < cosines.length; chunk++) highest = Math.max(highest, cosines[chunk] ?? 0)
  return highest
}

/** The most that each chunk's score may be. */
function boundChunks(
  { chunks, keywords, cosines }: ScoredSegment,
  { queries, vectorWeight, keywordWeight, keywordAlone }: Ranking,
  bounds: Float64Array,
): void {
  bounds.fill(0, 0, chunks)
  for (const query of queries) {
    const words = keywords[query] ?? bounds
    const own = cosines[query]
    for (let chunk = 0; chunk < chunks; chunk++) {
      const cosine = own?.[chunk] ?? 0
      const weight = own ? keywordWeight : keywordAlone
      const bound = (cosine > 0 ? vectorWeight * cosine : 0) + weight * (words[chunk] ?? 0)
      if (bound > (bounds[chunk] ?? 0)) bounds[chunk] = bound
    }
  }
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
