import fc from 'fast-check'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { describe, expect, test } from 'vitest'
import type { Section } from '../ports/extractor.ts'
import { chunkText } from './chunk-text.ts'

const automatic = { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 }
const small = { max_chunk_size_tokens: 100, chunk_overlap_tokens: 30 }

function section(text: string, rest: Partial<Section> = {}): Section {
  return { text, page: null, headings: [], ...rest }
}

function tokensOf(text: string): number {
  return countTokens(text, { disallowedSpecial: new Set() })
}

function numbered(count: number): string {
  return Array.from({ length: count }, (_, index) => `number ${index + 1000} is here.`).join(' ')
}

/** Where each chunk stands in the text, each after the one before; fails when one is not there, or text is left out. */
function rangesIn(text: string, chunks: readonly { text: string }[]): { start: number; end: number }[] {
  let [from, covered] = [0, 0]
  const ranges = chunks.map(({ text: chunk }) => {
    const start = text.indexOf(chunk, from)
    expect(start).toBeGreaterThanOrEqual(0)
    expect(text.slice(covered, Math.max(covered, start)).trim()).toBe('')
    from = start + 1
    covered = start + chunk.length
    return { start, end: covered }
  })
  expect(text.slice(covered).trim()).toBe('')
  return ranges
}

describe('one long text', () => {
  test('is cut into windows that overlap as asked', async () => {
    const text = numbered(2000)
    const { chunks, tokens } = await chunkText([section(text)], automatic)
    expect(tokens).toBe(tokensOf(text))
    expect(chunks.length).toBeGreaterThanOrEqual(Math.ceil((tokens - 400) / 400))
    expect(chunks.length).toBeLessThan((1.1 * tokens) / 400)
    const ranges = rangesIn(text, chunks)
    for (const [index, { text: chunk }] of chunks.slice(0, -1).entries()) {
      const overlap = text.slice(ranges[index + 1]?.start, ranges[index]?.end)
      expect(tokensOf(chunk)).toBeGreaterThan(790)
      expect(tokensOf(overlap)).toBeGreaterThan(390)
      expect(tokensOf(overlap)).toBeLessThanOrEqual(400)
    }
  })

  test('without overlap loses nothing and repeats nothing', async () => {
    const text = numbered(500)
    const { chunks } = await chunkText([section(text)], { max_chunk_size_tokens: 100, chunk_overlap_tokens: 0 })
    expect(chunks.length).toBeGreaterThan(30)
    expect(chunks.map((chunk) => chunk.text).join(' ') === text).toBe(true) // too long to be shown
  })

  test('of any kind is covered by chunks that are no larger than asked', async () => {
    const anyText = fc
      .array(
        fc.oneof(fc.string({ unit: 'grapheme' }), fc.lorem(), fc.constantFrom('\n\n', '  ', 'x\t', '日本語の文章。')),
        {
          maxLength: 80,
        },
      )
      .map((parts) => parts.join(' ').toWellFormed())
    const anySizes = fc.integer({ min: 100, max: 200 }).chain((max_chunk_size_tokens) =>
      fc.record({
        max_chunk_size_tokens: fc.constant(max_chunk_size_tokens),
        chunk_overlap_tokens: fc.integer({ min: 0, max: Math.floor(max_chunk_size_tokens / 2) }),
      }),
    )
    await fc.assert(
      fc.asyncProperty(anyText, anySizes, async (text, sizes) => {
        const { chunks } = await chunkText([section(text)], sizes)
        rangesIn(text, chunks)
        for (const chunk of chunks) {
          expect(tokensOf(chunk.text)).toBeLessThanOrEqual(sizes.max_chunk_size_tokens)
          expect(chunk.text.isWellFormed()).toBe(true)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('that names the tokens of models is text like any other', async () => {
    const { chunks } = await chunkText([section('a <|endoftext|> b <|im_start|>')], automatic)
    expect(chunks).toEqual([section('a <|endoftext|> b <|im_start|>')])
  })
})

describe('what no person wrote', () => {
  test.each([
    ['one letter', 'a'.repeat(300_000)],
    ['capitals', 'A'.repeat(300_000)],
    ['blanks', `${' '.repeat(10_000)}x`],
    ['line breaks', `${'\n'.repeat(300_000)}x`],
    ['base64', Buffer.from(numbered(5000)).toString('base64')],
    ['one character with endless accents', `a${'\u0301'.repeat(100_000)}`],
    ['digits', '1234567890'.repeat(30_000)],
  ])('%s is cut soon, and into sizes as asked', async (_, text) => {
    const { chunks } = await chunkText([section(text)], automatic)
    expect(chunks.map((chunk) => chunk.text.length).reduce((sum, length) => sum + length, 0)).toBeGreaterThan(0)
    for (const chunk of chunks.slice(0, 20)) expect(tokensOf(chunk.text)).toBeLessThanOrEqual(800)
  })

  test('cuts keep characters whole', async () => {
    const family = '👨‍👩‍👧‍👦'
    const { chunks } = await chunkText([section(family.repeat(3000))], small)
    expect(chunks.length).toBeGreaterThan(100)
    for (const chunk of chunks) expect(chunk.text.replaceAll(family, '')).toBe('')
  })
})

describe('sections', () => {
  const passage = numbered(8) // about fifty tokens

  test('that fit are passages of their own, with their page and headings', async () => {
    const sections = [1, 2, 3].map((page) => section(passage, { page, headings: ['Report', `Part ${page}`] }))
    expect((await chunkText(sections, small)).chunks).toEqual(sections)
  })

  test('of a few words are joined to the next', async () => {
    const sections = [
      section('A title', { page: 1, headings: ['A title'] }),
      section(passage, { page: 2, headings: ['A title', 'One'] }),
      section('Short.', { page: 3 }),
      section('Too.', { page: 4 }),
    ]
    expect((await chunkText(sections, small)).chunks).toEqual([
      { text: `A title\n\n${passage}`, page: 1, headings: ['A title'] },
      { text: 'Short.\n\nToo.', page: 3, headings: [] },
    ])
  })

  test('that fit are not cut, even when a few words before them do not fit in', async () => {
    const long = numbered(14)
    const sections = [section('These are a few words, not few enough.'), section(long)]
    expect(tokensOf(long)).toBeLessThanOrEqual(100)
    expect(tokensOf(sections.map(({ text }) => text).join('\n\n'))).toBeGreaterThan(100)
    expect((await chunkText(sections, small)).chunks).toEqual(sections)
  })

  test('that are long do not run into the next; windows say where they begin', async () => {
    const sections = [
      section('Intro.', { page: 1 }),
      section(numbered(60), { page: 2, headings: ['Long'] }),
      section(passage, { page: 3 }),
    ]
    const { chunks, tokens } = await chunkText(sections, small)
    expect(chunks.map(({ page }) => page)).toEqual([1, ...new Array(chunks.length - 2).fill(2), 3])
    expect(chunks[0]?.text.startsWith('Intro.\n\nnumber 1000')).toBe(true)
    expect(chunks[1]).toMatchObject({ page: 2, headings: ['Long'] })
    expect(chunks.at(-1)?.text).toBe(passage)
    expect(Math.abs(tokens - sections.reduce((sum, { text }) => sum + tokensOf(text), 0))).toBeLessThanOrEqual(2)
  })

  test('without text are nothing', async () => {
    expect(await chunkText([], automatic)).toEqual({ chunks: [], tokens: 0 })
    expect((await chunkText([section(''), section(' \n ')], automatic)).chunks).toEqual([])
  })
})
