import { expect, test } from 'vitest'
import { nearest } from './nearest.ts'

const names = ['REPRISE_HOST', 'REPRISE_PORT', 'REPRISE_MAX_RUNS', 'REPRISE_DATA_DIR']

test.each([
  ['REPRISE_PROT', 'REPRISE_PORT'],
  ['REPRISE_DATADIR', 'REPRISE_DATA_DIR'],
  ['REPRISE_MAX_RUN', 'REPRISE_MAX_RUNS'],
  ['REPRISE_HOST', 'REPRISE_HOST'],
])('%s was meant to be %s', (word, meant) => {
  expect(nearest(word, names)).toBe(meant)
})

test('nothing is near to a word of its own', () => {
  expect(nearest('REPRISE_SOMETHING_ELSE', names)).toBeUndefined()
  expect(nearest('x', ['serve', 'doctor'])).toBeUndefined()
})
