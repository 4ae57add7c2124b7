import { describe, expect, test } from 'vitest'
import { extract, silent, streamOf } from '../../../test/support/extraction.ts'
import { createExtractor } from './create-extractor.ts'

const unit = 'Zoë says: naïve Ångström, 灯台'

describe('encodings of text', () => {
  test.each([
    ['UTF-8', Buffer.from(unit), unit],
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${unit}`), unit],
    ['UTF-16, little end first', Buffer.from(`\ufeff${unit}`, 'utf16le'), unit],
    ['UTF-16, big end first', Buffer.from(`\ufeff${unit}`, 'utf16le').swap16(), unit],
    ['UTF-16 without a mark', Buffer.from('plain words', 'utf16le'), 'plain words'],
    ['UTF-16 without a mark, big end first', Buffer.from('plain words', 'utf16le').swap16(), 'plain words'],
    ['ASCII', Buffer.from('plain words'), 'plain words'],
    ['Latin-1', Buffer.from('naïve Ångström', 'latin1'), 'naïve Ångström'],
    ['Windows-1252', Buffer.from([0x93, 0x61, 0x94, 0x20, 0x80]), '“a” €'],
  ])('%s', async (_, bytes, text) => {
    expect(await extract('a.txt', bytes)).toEqual([{ text, page: null, headings: [] }])
  })

  test.each([1, 2, 3, 5])('characters that are cut between chunks of %i bytes', async (chunkBytes) => {
    for (const [bytes, text] of [
      [Buffer.from(`a\r\n\r${unit}\r`), `a\n\n${unit}`],
      [Buffer.from(`\ufeff${unit}`, 'utf16le'), unit],
    ] as const) {
      expect(await extract('a.txt', streamOf(bytes, chunkBytes))).toMatchObject([{ text }])
    }
  })

  test('the first letter that is not ASCII may come late', async () => {
    const ascii = 'word '.repeat(20_000)
    expect((await extract('a.txt', Buffer.from(`${ascii}Ångström`)))[0]?.text.slice(-8)).toBe('Ångström')
    expect((await extract('a.txt', Buffer.from(`${ascii}Ångström`, 'latin1')))[0]?.text.slice(-8)).toBe('Ångström')
  })

  test('control characters and halves of characters are left out', async () => {
    expect(await extract('a.txt', 'a\u0007b\u001b[1mc\u007f')).toMatchObject([{ text: 'ab[1mc' }])
    expect(await extract('a.txt', Buffer.from([0xff, 0xfe, 0x61, 0, 0, 0xd8, 0x62, 0]))).toMatchObject([
      { text: 'a\ufffdb' },
    ])
  })

  test('soft hyphens are left out, however they are written', async () => {
    expect(await extract('a.txt', 'hyphen\u00adation')).toMatchObject([{ text: 'hyphenation' }])
    expect(await extract('a.html', '<p>hyphen&shy;ation</p>')).toMatchObject([{ text: 'hyphenation' }])
  })
})

describe('what a document is', () => {
  test.each(['.c', '.cpp', '.cs', '.css', '.go', '.java', '.js', '.json', '.php', '.py', '.rb', '.sh', '.ts', '.txt'])(
    '%s is text',
    async (extension) => {
      expect(await extract(`a${extension}`, '<?php if (a < b) { }')).toMatchObject([{ text: '<?php if (a < b) { }' }])
    },
  )

  test.each([
    'a.unheard-of',
    'Makefile',
    '.gitignore',
    'a.',
    '.',
    'a.pdf\u0000.txt',
    'x/../../a',
    '../../../etc/passwd',
    'a\n.txt',
    'ａ．ｐｄｆ',
  ])('text under the name %j is text', async (filename) => {
    expect(await extract(filename, 'words')).toEqual([{ text: 'words', page: null, headings: [] }])
  })

  test('text about PDF is text', async () => {
    expect(await extract('a.txt', 'Such a file begins with %PDF-1.7')).toMatchObject([{ page: null }])
  })

  test.each([
    ['a page that was saved as a document', 'report.doc', '<html><body><h1>Report</h1>'],
    ['a page without a name', 'page', '<!DOCTYPE html><h1>Report</h1>'],
    ['rich text that was saved as Word', 'report.doc', '{\\rtf1\\pard\\outlinelevel0 Report\\par}'],
  ])('content decides: %s', async (_, filename, data) => {
    expect(await extract(filename, data)).toEqual([{ text: '# Report', page: null, headings: ['Report'] }])
  })

  test.each([
    ['empty', 'a.txt', '', 'invalid_file', 'The file could not be parsed because it is empty.'],
    ['blank', 'a.txt', ' \n\t\n ', 'invalid_file', 'The file could not be parsed because it holds no text.'],
    [
      'a picture',
      'a.png',
      Buffer.from('89504e470d0a1a0a0000000d', 'hex'),
      'unsupported_file',
      'The file type is not supported. Its extension is .png, and its content is a PNG image.',
    ],
    [
      'something unknown',
      'a.bin',
      Buffer.from([0, 1, 2, 3, 255]),
      'unsupported_file',
      'The file type is not supported. Its extension is .bin, and its content is not text.',
    ],
    [
      'something unknown without a name',
      'blob',
      Buffer.from([0, 1, 2, 3, 255]),
      'unsupported_file',
      'The file type is not supported. Its name has no extension, and its content is not text.',
    ],
    [
      'a picture named PDF',
      'a.PDF',
      Buffer.from('89504e470d0a1a0a0000000d', 'hex'),
      'invalid_file',
      'The file could not be parsed: it is named .pdf, but its content is not a PDF document.',
    ],
    [
      'text named Word',
      'a.docx',
      'words',
      'invalid_file',
      'The file could not be parsed: it is named .docx, but its content is not a Word document.',
    ],
    [
      'noise named Word',
      'a.docx',
      Buffer.from([0, 1, 2, 3, 255]),
      'invalid_file',
      'The file could not be parsed: it is not a Word document, or it is damaged.',
    ],
  ])('%s fails', async (_, filename, data, code, message) => {
    const failure = extract(filename, data)
    await expect(failure).rejects.toMatchObject({ name: 'ExtractionFailure', code })
    await expect(failure).rejects.toThrow(message)
  })
})

describe('headings of text', () => {
  const headingsOf = async (filename: string, text: string) =>
    (await extract(filename, text)).map(({ headings }) => headings.join(' › '))

  test('Markdown, by signs in front and lines below', async () => {
    const text = '# A #\none\n### B\ntwo\nC\n---\nthree\n```\n# no heading\n```\n- item\n---\n#hash'
    expect(await headingsOf('a.md', text)).toEqual(['A', 'A › B', 'A › C'])
  })

  test('dashes around the top are no headings', async () => {
    expect(await headingsOf('a.md', '---\ntitle: x\n---\ntext')).toEqual([''])
  })

  test('LaTeX', async () => {
    const text =
      '\\section[s]{One \\label{sec:one}}\na\n\\subsection*{Two {\\em x}}\nb\n% \\section{no}\n\\section{Three}\nc'
    expect(await headingsOf('a.tex', text)).toEqual(['One', 'One › Two \\em x', 'Three'])
  })
})

test('an abort ends it with its reason, even when the document never comes', async () => {
  const extractor = createExtractor({ log: silent })
  const reason = new Error('cancelled')
  for (const filename of ['a.txt', 'a.html']) {
    const abort = new AbortController()
    const cancelled = Promise.withResolvers<unknown>()
    const data = new ReadableStream<Uint8Array>({ cancel: cancelled.resolve })
    const extraction = extractor.extract({ filename, data }, { signal: abort.signal })
    abort.abort(reason)
    await expect(extraction).rejects.toBe(reason)
    expect(await cancelled.promise).toBe(reason)
  }
  await extractor.close()
})

test("a document that cannot be read is not the document's fault", async () => {
  const fault = new Error('disk on fire')
  for (const head of ['words', '<html>']) {
    const data = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(Buffer.alloc(100_000, head)),
      pull: (controller) => controller.error(fault),
    })
    await expect(extract('a.html', data)).rejects.toBe(fault)
  }
})

test('what is left unread of a document is let go', async () => {
  let isCancelled = false
  const data = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(Buffer.alloc(64 * 1024, 'words ')),
    cancel() {
      isCancelled = true
    },
  })
  await expect(extract('a.txt', data, { characters: 200_000 })).rejects.toThrow('holds more than 200,000 characters')
  expect(isCancelled).toBe(true)
})
