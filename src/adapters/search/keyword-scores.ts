import { findTerm, lengthsAt, type Memory } from './postings.ts'
import type { FindJob, Found, ScoreJob } from './search-jobs.ts'

/** Robertson's BM25, with the usual numbers. */
const k1 = 1.2
const b = 0.75

/** Which segments have which terms. */
export function findTerms({ words }: Memory, { slice, terms }: FindJob): Found {
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

/** BM25 of every chunk divided by the most it could be, in [0, 1); one array for each query. */
export function scoreKeywords(
  memory: Memory,
  { slice, places, averageLength, queries }: ScoreJob,
  firsts: Uint32Array,
) {
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
