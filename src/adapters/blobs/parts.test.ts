import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inParts, type Part } from './parts.ts'

test('parts are the same bytes: all full but the last, which alone knows that it is', async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 10 })
  await fc.assert(
    fc.asyncProperty(chunks, fc.integer({ min: 1, max: 16 }), async (data, size) => {
      const parts: Part[] = []
      for await (const part of inParts(each(data), size)) parts.push(part)
      expect(Buffer.concat(parts.map(({ bytes }) => bytes))).toEqual(Buffer.concat(data))
      expect(parts.map(({ isLast }) => isLast)).toEqual(parts.map((_, index) => index === parts.length - 1))
      expect(parts.slice(0, -1).every(({ bytes }) => bytes.byteLength === size)).toBe(true)
      expect(parts.at(-1)?.bytes.byteLength).toBeLessThanOrEqual(size)
      if (parts.length > 1) expect(parts.at(-1)?.bytes.byteLength).toBeGreaterThan(0)
    }),
  )
})

async function* each(data: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* data
}
