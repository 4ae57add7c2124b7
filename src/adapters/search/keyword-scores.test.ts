import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keywordScores } from '../../../test/support/brute-force-search.ts'
import { findTerms } from './find-terms.ts'
import { createKeywordScores } from './keyword-scores.ts'
import { encodePostings, hashTerm, memoryOf, readHead } from './postings.ts'
import type { Slice } from './search-jobs.ts'
import { termsOf } from './terms.ts'

const words = ['red', 'green', 'blue', 'apple', 'pear', 'plum', 'tree', 'house', 'river', 'stone', 'cloud', 'bird']
const someWords = fc.array(fc.constantFrom(...words), { maxLength: 10 }).map((parts) => parts.join(' '))
const aSegment = fc.array(someWords, { maxLength: 12 })

/** Segments one after the other in one memory, with what a search knows of them. */
function place(segments: readonly (readonly string[])[], queries: readonly string[]) {
  const encoded = segments.map((texts) => encodePostings(texts.map((text) => ({ text, page: null, headings: [] }))))
  const starts: number[] = []
  let end = 16
  for (const { byteLength } of encoded) {
    starts.push(end)
    end = Math.ceil((end + byteLength) / 16) * 16
  }
  const memory = memoryOf(new ArrayBuffer(end))
  for (const [index, bytes] of encoded.entries()) memory.bytes.set(bytes, starts[index])
  const heads = encoded.map(readHead)
  const slice: Slice = {
    chunks: Uint32Array.from(heads, ({ chunks }) => chunks),
    postings: Uint32Array.from(starts),
    slots: Uint32Array.from(heads, ({ slots }) => slots),
    vectors: new Uint32Array(heads.length),
  }
  const terms = [...new Set(queries.flatMap(termsOf))]
  const found = findTerms(memory, { kind: 'find', slice, terms: terms.map(hashTerm) })
  const total = slice.chunks.reduce((sum, count) => sum + count, 0)
  const averageLength = heads.reduce((sum, { totalLength }) => sum + totalLength, 0) / total
  const scored = queries.map((query) => ({ weights: weigh(terms, query, total, found.counts), vector: null }))
  return { memory, slice, places: found.places, averageLength, queries: scored }
}

function weigh(terms: readonly string[], query: string, total: number, counts: Float64Array): Float64Array {
  const own = termsOf(query)
  const idf = Float64Array.from(terms, (term, index) => {
    const count = counts[index] ?? 0
    return own.includes(term) ? Math.log(1 + (total - count + 0.5) / (count + 0.5)) : 0
  })
  const sum = idf.reduce((all, value) => all + value, 0)
  return idf.map((value) => (sum > 0 ? value / sum : 0))
}

test('what is passed over holds nothing that is needed, and all else has the scores of brute force', () => {
  const passedOver: boolean[] = []
  const property = fc.property(
    fc.array(aSegment, { minLength: 1, maxLength: 12 }),
    fc.array(someWords, { minLength: 1, maxLength: 3 }),
    fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 3, maxLength: 3 }),
    (segments, queries, floors) => {
      const { memory, ...job } = place(segments, queries)
      const passages = segments.flat().map((text) => ({ text, vector: null }))
      const truth = queries.map((query) => keywordScores(passages, query))
      const { scores, score } = createKeywordScores(memory, { kind: 'score', rankings: [], ...job })
      let first = 0
      for (const [index, texts] of segments.entries()) {
        const own = truth.map((all) => all.slice(first, first + texts.length))
        first += texts.length
        const isScored = score(
          index,
          Float64Array.from(queries, (_, query) => (floors[query] ?? 0) / 100),
        )
        passedOver.push(!isScored)
        for (const [query, expected] of own.entries()) {
          if (!isScored) expect(Math.max(0, ...expected)).toBeLessThanOrEqual((floors[query] ?? 0) / 100 + 1e-12)
          else for (const [chunk, value] of expected.entries()) expect(scores[query]?.[chunk]).toBeCloseTo(value, 12)
        }
      }
    },
  )
  fc.assert(property)
  expect(new Set(passedOver)).toEqual(new Set([true, false]))
})
