import type { Resident } from './residents.ts'
import type { Slice } from './search-jobs.ts'

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

/** Some of the segments of a slice. */
export interface Part {
  /** From where to where they are. */
  readonly start: number
  readonly end: number
  /** Of all of them. */
  readonly chunks: number
  readonly slice: Slice
}

/** A slice in parts of at least `most` chunks, except the last. */
export function partsOf(slice: Slice, most: number): Part[] {
  const parts: Part[] = []
  let start = 0
  let chunks = 0
  for (let index = 0; index < slice.chunks.length; index++) {
    chunks += slice.chunks[index] ?? 0
    if (chunks < most && index < slice.chunks.length - 1) continue
    parts.push({ start, end: index + 1, chunks, slice: partOf(slice, start, index + 1) })
    start = index + 1
    chunks = 0
  }
  return parts
}

/** A copy, since a thread is sent the whole memory of an array and not what is seen of it. */
function partOf({ chunks, postings, slots, vectors }: Slice, start: number, end: number): Slice {
  return {
    chunks: chunks.slice(start, end),
    postings: postings.slice(start, end),
    slots: slots.slice(start, end),
    vectors: vectors.slice(start, end),
  }
}

/** Where numbers follow each other: the first of them, and from where to where they are. Mostly it is one run. */
export function* runsOf(numbers: readonly number[]): Generator<[first: number, start: number, end: number]> {
  for (let start = 0, end = 1; start < numbers.length; start = end++) {
    const first = numbers[start] ?? 0
    while (end < numbers.length && numbers[end] === first + end - start) end++
    yield [first, start, end]
  }
}
