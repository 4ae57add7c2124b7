import type { SegmentBytes } from '../../ports/search.ts'

/** One stretch of each part of a segment: null where the part has ended before, or is missing altogether. */
export interface SegmentPiece {
  /** Counted from 0. */
  readonly place: number
  readonly texts: Uint8Array | null
  readonly postings: Uint8Array | null
  readonly vectors: Uint8Array | null
}
type Parts = Pick<SegmentBytes, 'texts' | 'postings' | 'vectors'>

/** So much of each part at the most, so that no single statement keeps the event loop for long. */
export const stretchBytes = 512 * 1024

/** A segment cut across, as views of its bytes. Nearly all of them are one piece. */
export function cutSegment({ texts, postings, vectors }: Parts): SegmentPiece[] {
  const longest = Math.max(texts.length, postings.length, vectors?.length ?? 0)
  const count = Math.max(1, Math.ceil(longest / stretchBytes))
  return Array.from({ length: count }, (_, place) => ({
    place,
    texts: stretch(texts, place),
    postings: stretch(postings, place),
    vectors: stretch(vectors, place),
  }))
}

function stretch(part: Uint8Array | null, place: number): Uint8Array | null {
  const start = place * stretchBytes
  if (part === null || (place > 0 && start >= part.length)) return null
  return part.subarray(start, start + stretchBytes)
}

/** The parts again, from all pieces of one segment in any order. What is one piece is handed over as it is. */
export function joinPieces(pieces: readonly SegmentPiece[]): Parts {
  const ordered = pieces.toSorted((one, other) => one.place - other.place)
  const none = new Uint8Array()
  return {
    texts: joined(ordered.map((piece) => piece.texts)) ?? none,
    postings: joined(ordered.map((piece) => piece.postings)) ?? none,
    vectors: joined(ordered.map((piece) => piece.vectors)),
  }
}

function joined(stretches: readonly (Uint8Array | null)[]): Uint8Array | null {
  const present = stretches.filter((each) => each !== null)
  const [first = null, second] = present
  if (second === undefined) return first
  const whole = new Uint8Array(present.reduce((sum, each) => sum + each.length, 0))
  let end = 0
  for (const each of present) {
    whole.set(each, end)
    end += each.length
  }
  return whole
}
