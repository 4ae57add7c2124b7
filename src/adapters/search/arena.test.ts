import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createArena } from './arena.ts'

test('pieces never overlap, are aligned, and everything comes back', () => {
  const steps = fc.array(
    fc.record({ size: fc.integer({ min: 1, max: 100_000 }), frees: fc.boolean(), which: fc.nat() }),
  )
  fc.assert(
    fc.property(steps, (steps) => {
      const arena = createArena()
      const pieces: { address: number; size: number }[] = []
      for (const { size, frees, which } of steps) {
        if (frees && pieces.length > 0) {
          const [piece] = pieces.splice(which % pieces.length, 1)
          if (piece) arena.free(piece.address)
        } else {
          const address = arena.allocate(size, 1_000_000)
          if (address === undefined) continue
          expect(address % 16).toBe(0)
          expect(address).toBeGreaterThan(0)
          expect(address + size).toBeLessThanOrEqual(Math.min(1_000_000, arena.view().bytes.byteLength))
          for (const other of pieces) {
            expect(address + size <= other.address || other.address + other.size <= address).toBe(true)
          }
          pieces.push({ address, size })
        }
      }
      for (const { address } of pieces) arena.free(address)
      expect(arena.used()).toBe(0)
      expect(arena.allocate(900_000, 1_000_000)).toBeDefined()
    }),
    { numRuns: 50 },
  )
})

test('what does not fit is refused, and memory grows as it is used', () => {
  const arena = createArena()
  expect(arena.view().bytes.byteLength).toBe(65_536)
  expect(arena.allocate(200_000, 100_000)).toBeUndefined()
  const address = arena.allocate(200_000, 1_000_000)
  expect(arena.view().bytes.byteLength).toBeGreaterThanOrEqual((address ?? 0) + 200_000)
  expect(arena.memory.buffer.byteLength).toBe(arena.view().bytes.byteLength)
  expect(() => arena.free(12_345)).toThrow('12345')
})
