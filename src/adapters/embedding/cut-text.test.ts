import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cutText } from './cut-text.ts'

test('a text below the limit stays whole', () => {
  expect(cutText('four', 5)).toEqual(['four'])
  expect(cutText('', 16)).toEqual([''])
  expect(cutText('any text', Number.POSITIVE_INFINITY)).toEqual(['any text'])
})

test('others are cut between words, by halves', () => {
  expect(cutText('one two three four five', 23)).toEqual(['one two three', ' four five'])
  expect(cutText('one two three four five', 12)).toEqual(['one two', ' three', ' four five'])
  expect(cutText('x'.repeat(10), 6)).toEqual(['xxxxx', 'xxxxx'])
})

test('the pieces are the text, each below the limit, and no character is cut', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.integer({ min: 16, max: 300 }), (text, limit) => {
      const pieces = cutText(text, limit)
      expect(pieces.join('')).toBe(text)
      for (const piece of pieces) {
        expect(Buffer.byteLength(piece)).toBeLessThan(limit)
        expect(piece.isWellFormed()).toBe(true)
      }
      if (text !== '') expect(pieces).not.toContain('')
    }),
  )
})
