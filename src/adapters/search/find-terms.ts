import { findTerm, firstSlot, type Memory } from './postings.ts'
import type { FindJob, Found } from './search-jobs.ts'

/** So many segments are looked at together: what is read of them stays in the nearest caches. */
const segmentsAtOnce = 256
/** From one line of a cache to the next, which every other lookup reaches. */
const lineWords = 16

/**
 * Which segments have which terms. A lookup waits for memory and hardly does anything else, so all lookups of some segments
 * are begun before the first is finished: the processor waits for several at a time when none depends on another.
 */
export function findTerms({ words }: Memory, { slice, terms }: FindJob): Found {
  const { postings, slots } = slice
  const places = new Uint32Array(postings.length * terms.length)
  const counts = new Float64Array(terms.length)
  const begun = new Uint32Array(segmentsAtOnce)
  for (let start = 0; start < postings.length; start += segmentsAtOnce) {
    const end = Math.min(start + segmentsAtOnce, postings.length)
    for (const [number, term] of terms.entries()) {
      for (let index = start; index < end; index++) {
        const first = firstSlot(postings[index] ?? 0, slots[index] ?? 0, term)
        begun[index - start] = (words[first] ?? 0) + (words[first + lineWords] ?? 0)
      }
      for (let index = start; index < end; index++) {
        const slot = findTerm(words, postings[index] ?? 0, slots[index] ?? 0, term)
        if (slot === 0) continue
        places[index * terms.length + number] = words[slot + 2] ?? 0
        counts[number] = (counts[number] ?? 0) + (words[slot + 3] ?? 0)
      }
    }
  }
  return { places, counts }
}
