import { type Best, createBest } from './best.ts'
import type { Candidates, Ranking, ScoreJob, Slice } from './search-jobs.ts'

/** The chunks of a slice that may score best. */
export function rankChunks(
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
