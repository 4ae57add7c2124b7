import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDotProducts, plainDotProducts } from './dot-products.ts'

const query = 1024
const rows = 65_536 * 4
const out = 65_536

test('SIMD gives what plain JavaScript gives', () => {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 65_536, shared: true })
  const simd = createDotProducts(memory)
  const plain = plainDotProducts(memory)
  expect(String(simd)).toContain('native code')
  const shapes = fc.record({
    row: fc.integer({ min: 1, max: 12 }),
    count: fc.integer({ min: 0, max: 50 }),
    seed: fc.nat(),
  })
  fc.assert(
    fc.property(shapes, ({ row: steps, count, seed }) => {
      const row = steps * 32
      fill(new Int16Array(memory.buffer, query, row), 20_000, seed)
      fill(new Int8Array(memory.buffer, rows, count * row), 127, seed + 1)
      const results = [simd, plain].map((dots) => {
        const sums = new Int32Array(memory.buffer, out, count + 1)
        sums.fill(7)
        dots(query, rows, count, row, out)
        return [...sums]
      })
      expect(results[0]).toEqual(results[1])
      expect(results[0]?.at(-1)).toBe(7)
    }),
    { numRuns: 50 },
  )
})

test('the largest sums fit', () => {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 65_536, shared: true })
  const row = 768
  const finest = Math.floor(0x7fff_ffff / (127 * row))
  new Int16Array(memory.buffer, query, row).fill(finest)
  new Int8Array(memory.buffer, rows, row).fill(127)
  createDotProducts(memory)(query, rows, 1, row, out)
  expect(new Int32Array(memory.buffer, out, 1)[0]).toBe(finest * 127 * row)
})

function fill(numbers: Int16Array | Int8Array, largest: number, seed: number): void {
  for (let i = 0; i < numbers.length; i++) {
    numbers[i] = ((Math.imul(seed + i, 2_654_435_761) >>> 8) % (2 * largest + 1)) - largest
  }
}
