import { byScore, type Passage } from './settle.ts'

/** Cormack, Clarke and Büttcher, "Reciprocal rank fusion", 2009. */
const constant = 60

export interface RankedList {
  readonly passages: readonly Passage[]
  readonly weight: number
}

/** One list from several, by the places of passages and not by their scores; first in all lists is 1. */
export function fuseRanks(lists: readonly RankedList[]): Passage[] {
  const highest = lists.reduce((sum, { weight }) => sum + weight / (constant + 1), 0)
  const fused = new Map<string, Passage>()
  for (const { passages, weight } of lists) {
    for (const [index, { segment, chunk }] of passages.entries()) {
      const key = `${segment} ${chunk}`
      const before = fused.get(key)?.score ?? 0
      fused.set(key, { segment, chunk, score: before + weight / (constant + 1 + index) / highest })
    }
  }
  return [...fused.values()].filter(({ score }) => score > 0).sort(byScore)
}

/** One list from several, each passage with the best of its scores. */
export function bestOfLists(lists: readonly (readonly Passage[])[]): Passage[] {
  const best = new Map<string, Passage>()
  for (const passage of lists.flat()) {
    const key = `${passage.segment} ${passage.chunk}`
    const before = best.get(key)
    if (!before || before.score < passage.score) best.set(key, passage)
  }
  return [...best.values()].sort(byScore)
}
