import { describe, expect, test } from 'vitest'
import { createHyphenation } from './pdf-hyphens.ts'

const mend = (...lines: string[]) => createHyphenation().mend(lines)

describe('a word that was broken at the end of a line', () => {
  test('is made whole in the upper line, with what sticks to it', () => {
    expect(mend('It tries includ-', 'ing, as a com-', 'mand_string, the rest')).toEqual([
      'It tries including,',
      'as a command_string,',
      'the rest',
    ])
  })

  test('takes a line away that holds nothing else, and may be broken twice', () => {
    expect(mend('the inter-', 'opera-', 'bility.', '', 'Next')).toEqual(['the interoperability.', '', 'Next'])
  })

  test.each([
    ['with the hyphen of typesetters', 'a manip‐', 'ulation'],
    ['with a soft hyphen', 'a manip\u00ad', 'ulation'],
    ['with a capital', 'Manip-', 'ulation'],
    ['in capitals', '(DIS-', 'CLAIMED'],
  ])('%s', (_, upper, lower) => {
    expect(mend(upper, lower)).toEqual([`${upper.slice(0, -1)}${lower}`])
  })

  test('is known from elsewhere, although its halves are words too', () => {
    const { mend } = createHyphenation()
    mend(['over the lap', 'an overlap'])
    expect(mend(['they over-', 'lap'])).toEqual(['they overlap'])
  })
})

test('a word within a longer name is made whole when the document knows it', () => {
  expect(mend('for completions of', 'the possible-com-', 'pletions')).toEqual([
    'for completions of',
    'the possible-completions',
  ])
  expect(mend('FcConfigParse reads', 'and Fc-', 'ConfigParse writes')).toEqual([
    'FcConfigParse reads',
    'and FcConfigParse',
    'writes',
  ])
})

describe('a hyphen stays', () => {
  test.each([
    [
      'in a compound of two words of the document',
      'a network',
      'of one stage and a single one',
      'the single-',
      'stage',
    ],
    ['in a compound of more', 'state-of-the-', 'art'],
    ['in an option', 'use --error-', 'exitcode'],
    ['after a number', 'a 64-', 'bit machine'],
    ['between names', 'February-', 'March'],
    ['before a paragraph', 'a manip-', '', 'ulation'],
    ['as a dash', 'a thing -', 'and more'],
  ])('%s', (_, ...lines) => {
    expect(mend(...lines)).toEqual(lines)
  })
})

test('lines without end take no time', () => {
  const lines = Array.from({ length: 100_000 }, () => 'ab-')
  expect(mend('x'.repeat(900_000), ...lines).join('').length).toBeGreaterThan(1_000_000)
})
