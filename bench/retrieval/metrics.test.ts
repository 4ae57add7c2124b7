import { expect, test } from 'vitest'
import { documents } from './documents.ts'
import { figuresOf, holds, meanWithError, rankOf } from './metrics.ts'
import { questions } from './questions.ts'

test('a passage found first counts in full, one found third by its rank, one not found not at all', () => {
  expect(figuresOf([1, 3, null, 10])).toEqual({
    recallAt5: 0.5,
    reciprocalRank: (1 + 1 / 3 + 0.1) / 4,
    gainAt10: (1 + 0.5 + 1 / Math.log2(11)) / 4,
  })
})

test('the rank is that of the first text with the passage', () => {
  expect(rankOf('second time', ['first', 'the second time', 'a second time'])).toBe(2)
  expect(rankOf('third', ['first', 'second'])).toBeNull()
})

test('a passage is recognised through line breaks, hyphenation, curly quotes and ligatures', () => {
  expect(holds('the soft-\n  ware “oﬃce”', "The software 'office'")).toBe(true)
  expect(holds('the hardware office', 'the software office')).toBe(false)
})

test('a passage is recognised through the commands of TeX', () => {
  expect(holds('\\emph{max-procs} is 0, \\textbf{xargs} will', 'max-procs is 0, xargs will')).toBe(true)
})

test('a mean is as uncertain as its values differ and are few', () => {
  expect(meanWithError([1, 1, 1])).toEqual({ mean: 1, error: 0 })
  const { mean, error } = meanWithError([0, 1, 0, 1])
  expect(mean).toBe(0.5)
  expect(error).toBeCloseTo((1.96 * Math.sqrt(1 / 3)) / 2)
})

test('every question is about a document of the corpus, and no two are about the same passage', () => {
  const names = documents.map(({ name }) => name)
  expect(questions.filter(({ document }) => !names.includes(document))).toEqual([])
  expect(new Set(questions.map(({ passage }) => passage)).size).toBe(questions.length)
})
