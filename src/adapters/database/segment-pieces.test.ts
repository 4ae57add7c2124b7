import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cutSegment, joinPieces, stretchBytes } from './segment-pieces.ts'

const size = fc.constantFrom(
  0,
  1,
  stretchBytes - 1,
  stretchBytes,
  stretchBytes + 1,
  2 * stretchBytes,
  3 * stretchBytes + 5,
)

test('pieces in any order are the parts again, and none is too large', () => {
  fc.assert(
    fc.property(size, size, fc.option(size), fc.infiniteStream(fc.double()), (texts, postings, vectors, random) => {
      const parts = {
        texts: bytes(texts, 3),
        postings: bytes(postings, 5),
        vectors: vectors === null ? null : bytes(vectors, 7),
      }
      const pieces = cutSegment(parts)
      for (const { place: _, ...piece } of pieces) {
        for (const part of Object.values(piece)) expect(part?.length ?? 0).toBeLessThanOrEqual(stretchBytes)
      }
      const shuffled = pieces
        .map((piece) => ({ piece, rank: random.next().value }))
        .sort((one, other) => one.rank - other.rank)
      const joined = joinPieces(shuffled.map(({ piece }) => piece))
      expect(joined.vectors === null).toBe(parts.vectors === null)
      for (const name of ['texts', 'postings', 'vectors'] as const) {
        expect(Buffer.compare(joined[name] ?? bytes(0), parts[name] ?? bytes(0))).toBe(0)
      }
    }),
    { numRuns: 30 },
  )
})

test('what is one piece is neither cut nor copied', () => {
  const parts = { texts: bytes(10), postings: bytes(stretchBytes), vectors: null }
  const [piece, ...others] = cutSegment(parts)
  expect(others).toEqual([])
  expect(piece?.postings?.buffer).toBe(parts.postings.buffer)
  expect(joinPieces(piece ? [piece] : []).texts).toBe(piece?.texts)
})

function bytes(length: number, step = 1): Uint8Array {
  return new Uint8Array(length).fill(step)
}
