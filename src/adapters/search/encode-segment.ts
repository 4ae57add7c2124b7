import type { Segment, SegmentBytes } from '../../ports/search.ts'
import { encodePostings } from './postings.ts'
import { encodeTexts } from './texts.ts'
import { encodeVectors } from './vectors.ts'

/** The bytes that are stored for a segment. Takes a while for large files: a millisecond for a dozen chunks. */
export function encodeSegment({ chunks, vectors, space }: Segment): SegmentBytes {
  if (vectors && vectors.length !== chunks.length) {
    throw new RangeError(`${chunks.length} chunks have ${vectors.length} vectors`)
  }
  return {
    chunk_count: chunks.length,
    space: vectors && space,
    texts: encodeTexts(chunks),
    postings: encodePostings(chunks),
    vectors: vectors && encodeVectors(vectors),
  }
}
