import type { SegmentBytes } from '../../ports/search.ts'
import { readLayout } from './vectors.ts'

/** What is read of a segment only for its best passages: texts, and vectors as they were given. */
export interface Details {
  readonly texts: Uint8Array
  readonly dimensions: number
  /** One after the other; null without vectors. */
  readonly exact: Float32Array | null
  /** How much memory this takes. */
  readonly bytes: number
}

export function detailsOf({ texts, vectors }: SegmentBytes): Details {
  if (!vectors) return { texts, dimensions: 0, exact: null, bytes: texts.byteLength }
  const { dimensions, exact, end } = readLayout(vectors)
  const copy = new Uint8Array(vectors.subarray(exact, end)) // aligned, and without what scoring has already
  return {
    texts,
    dimensions,
    exact: new Float32Array(copy.buffer),
    bytes: texts.byteLength + copy.byteLength,
  }
}

/** The vector of one chunk. */
export function vectorOf({ exact, dimensions }: Details, chunk: number): Float32Array | undefined {
  return exact?.subarray(chunk * dimensions, (chunk + 1) * dimensions)
}
