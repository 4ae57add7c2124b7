import type { Resident } from './residents.ts'
import type { Slice } from './search-jobs.ts'
import type { Wave } from './segment-cache.ts'

/** Some of the segments of a wave. */
export interface WaveSlice extends Wave {
  readonly chunks: number
}

/** A wave in slices of at least `most` chunks, except the last. */
export function slicesOf({ numbers, residents }: Wave, most: number): WaveSlice[] {
  const slices: WaveSlice[] = []
  let first = 0
  let chunks = 0
  for (const [index, resident] of residents.entries()) {
    chunks += resident.chunks
    if (chunks < most && index < residents.length - 1) continue
    slices.push({ numbers: numbers.slice(first, index + 1), residents: residents.slice(first, index + 1), chunks })
    first = index + 1
    chunks = 0
  }
  return slices
}

/** What threads are told of segments; `compares` says whose vectors count. */
export function sliceOf(
  residents: readonly Resident[],
  compares: (index: number, resident: Resident) => boolean,
): Slice {
  const count = residents.length
  const slice = {
    chunks: new Uint32Array(count),
    postings: new Uint32Array(count),
    slots: new Uint32Array(count),
    vectors: new Uint32Array(count),
  }
  for (const [index, resident] of residents.entries()) {
    slice.chunks[index] = resident.chunks
    slice.postings[index] = resident.postings
    slice.slots[index] = resident.slots
    slice.vectors[index] = compares(index, resident) ? resident.vectors : 0
  }
  return slice
}

/** Where numbers follow each other: the first of them, and from where to where they are. Mostly it is one run. */
export function* runsOf(numbers: readonly number[]): Generator<[first: number, start: number, end: number]> {
  for (let start = 0, end = 1; start < numbers.length; start = end++) {
    const first = numbers[start] ?? 0
    while (end < numbers.length && numbers[end] === first + end - start) end++
    yield [first, start, end]
  }
}
