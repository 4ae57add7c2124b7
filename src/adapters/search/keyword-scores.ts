import { lengthsAt, type Memory } from './postings.ts'
import type { ScoreJob } from './search-jobs.ts'

/** Robertson's BM25, with the usual numbers. */
const k1 = 1.2
const b = 0.75

/** Scores by words, of one segment at a time, in arrays that are used again for the next. */
export interface KeywordScores {
  /** For each query: BM25 of every chunk of the segment divided by the most it could be, in [0, 1). */
  readonly scores: readonly Float64Array[]
  /**
   * Scores the segment's chunks. False as soon as none can have a score above the one `needed` for its query; the scores
   * then mean nothing.
   */
  score(index: number, needed: Float64Array): boolean
}

export function createKeywordScores(memory: Memory, job: ScoreJob): KeywordScores {
  const { slice, places, averageLength, queries } = job
  const terms = queries[0]?.weights.length ?? 0
  const order = heaviestFirst(job)
  const longest = slice.chunks.reduce((most, count) => Math.max(most, count), 0)
  const scores = queries.map(() => new Float64Array(longest))
  const perLength = (k1 * b) / averageLength
  const highest = new Float64Array(queries.length)
  const missing = new Float64Array(queries.length)

  function score(index: number, needed: Float64Array): boolean {
    begin(index)
    if (!canReach(needed)) return false
    for (const own of scores) own.fill(0, 0, slice.chunks[index])
    const at = slice.postings[index] ?? 0
    const lengths = lengthsAt(at, slice.slots[index] ?? 0)
    for (const term of order) {
      const place = places[index * terms + term] ?? 0
      if (place === 0) continue
      for (let query = 0; query < queries.length; query++) {
        const weight = queries[query]?.weights[term] ?? 0
        const target = scores[query]
        if (weight === 0 || !target) continue
        const most = addTerm(memory, at + place, target, { weight, perLength, lengths })
        highest[query] = Math.max(highest[query] ?? 0, most)
        missing[query] = (missing[query] ?? 0) - weight
      }
      if (!canReach(needed)) return false
    }
    return true
  }

  /** A term contributes less than its weight. */
  function begin(index: number): void {
    for (let query = 0; query < queries.length; query++) {
      const weights = queries[query]?.weights
      let sum = 0
      for (let term = 0; term < terms; term++) if (places[index * terms + term] !== 0) sum += weights?.[term] ?? 0
      missing[query] = sum
      highest[query] = 0
    }
  }

  function canReach(needed: Float64Array): boolean {
    for (let query = 0; query < queries.length; query++) {
      if ((highest[query] ?? 0) + (missing[query] ?? 0) > (needed[query] ?? 0)) return true
    }
    return false
  }
  return { scores, score }
}

/** Terms by falling weight: rare words are soon read, and often tell that the frequent ones need not be. */
function heaviestFirst({ queries }: ScoreJob): number[] {
  const heaviest = Array.from(queries[0]?.weights ?? [], (_, term) =>
    queries.reduce((most, { weights }) => Math.max(most, weights[term] ?? 0), 0),
  )
  return [...heaviest.keys()].sort((first, second) => (heaviest[second] ?? 0) - (heaviest[first] ?? 0))
}

/** Adds what one term contributes to a segment's chunks, and tells the highest sum. Numbers are read in place: the inmost loop. */
function addTerm(
  { bytes, words }: Memory,
  at: number,
  target: Float64Array,
  { weight, perLength, lengths }: { weight: number; perLength: number; lengths: number },
): number {
  const base = k1 * (1 - b)
  let highest = 0
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
    const score = (target[chunk] ?? 0) + weight * share
    target[chunk] = score
    if (score > highest) highest = score
  }
  return highest
}
