import fc from 'fast-check'
import { expect, test } from 'vitest'
import { joinChunks } from './join-chunks.ts'

const chunk = (text: string) => ({ text, page: null, headings: [] })

test('what neighbours share is said once', () => {
  const text = Array.from({ length: 100 }, (_, number) => `Sentence ${number} 😀 of the text. `).join('')
  const windows = [0, 1, 2, 3].map((place) => chunk(text.slice(place * 500, place * 500 + 1000)))
  expect(joinChunks(windows)).toEqual([text.slice(0, 2500)])
})

test('neighbours that share nothing stay apart, and a few letters may be chance', () => {
  expect(joinChunks([chunk('the cat'), chunk('the dog')])).toEqual(['the cat', 'the dog'])
  expect(joinChunks([])).toEqual([])
})

test('a text that was cut anywhere, with enough overlap, comes back whole', () => {
  const pieces = fc.array(fc.integer({ min: 40, max: 80 }), { minLength: 1, maxLength: 6 })
  const words = fc.array(fc.uuid(), { minLength: 30, maxLength: 40 })
  fc.assert(
    fc.property(words, pieces, (parts, lengths) => {
      const text = parts.join(' ')
      let start = 0
      const chunks = lengths.map((length) => {
        const cut = chunk(text.slice(start, start + length))
        start += length - 36
        return cut
      })
      const end = start + 36
      expect(joinChunks(chunks)).toEqual([text.slice(0, end)])
    }),
  )
})
