import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { documentFile, extract } from '../../../test/support/extraction.ts'
import { pdfDocument, pdfText } from '../../../test/support/pdf-document.ts'
import { type ZipFile, zipArchive } from '../../../test/support/zip-archive.ts'
import type { ExtractionLimits } from './limits.ts'

const megabyte = 1024 ** 2
const unsupported = 'The file type is not supported.'

/** How each ends: by which code, with what in its message, under which limits where the usual would take long. */
type Case = [
  name: string,
  filename: string,
  data: () => Bytes | Promise<Bytes>,
  message: string,
  Partial<ExtractionLimits>?,
]
type Bytes = string | Uint8Array | ReadableStream<Uint8Array>

function describeEnds(name: string, cases: readonly Case[]): void {
  describe(name, () => {
    test.each(cases)('%s', async (_, filename, data, message, limits = {}) => {
      const failure = await extract(filename, await data(), limits).catch((error: unknown) => error)
      const code = message.startsWith(unsupported) ? 'unsupported_file' : 'invalid_file'
      expect(failure).toMatchObject({ name: 'ExtractionFailure', code, message: expect.stringContaining(message) })
    })
  })
}

describeEnds('archives', [
  [
    'a bomb that says so',
    'a.docx',
    () => docx(wordText(8 * megabyte)),
    'unpacks to more than 4 MB',
    { unpackedBytes: 4 * megabyte },
  ],
  [
    'a bomb that lies',
    'a.docx',
    () => docx(wordText(8 * megabyte), { claims: 1000 }),
    'it is damaged (too many bytes',
    { unpackedBytes: 4 * megabyte },
  ],
  [
    'a bomb in many parts',
    'a.pptx',
    () => slides(30, 'x'.repeat(megabyte / 4)),
    'unpacks to more than 4 MB',
    { unpackedBytes: 4 * megabyte },
  ],
  [
    'too many files',
    'a.docx',
    () => zipArchive(Array.from({ length: 30 }, (_, n) => file(`${n}`))),
    'more than 20 files',
    { entries: 20 },
  ],
  ['archives in archives', 'a.zip', () => nestedArchive(50), `${unsupported} Its extension is .zip`],
  [
    'names that lead out',
    'a.docx',
    () => zipArchive([file('../../etc/passwd'), file('/etc/shadow'), file('con')]),
    unsupported,
  ],
  [
    'a file under a password',
    'a.docx',
    () => zipArchive([{ ...rootOf('word/document.xml'), isEncrypted: true }]),
    'is encrypted',
  ],
  ['cut in the middle', 'a.docx', async () => (await documentFile('handbook.docx')).subarray(0, 5000), 'it is damaged'],
  [
    'damaged within',
    'a.docx',
    async () => damagedAt(await documentFile('handbook.docx'), 'word/document.xml'),
    'it is damaged',
  ],
  ['nothing inside', 'a.docx', () => zipArchive([]), unsupported],
  ['a document without its text', 'a.docx', () => zipArchive([rootOf('word/document.xml')]), unsupported],
  ['an empty document', 'a.docx', () => docx('<w:document><w:body/></w:document>'), 'holds no text'],
  [
    'an OpenDocument under a password',
    'a.odt',
    () =>
      zipArchive([
        { name: 'META-INF/manifest.xml', data: '<m:manifest><m:encryption-data/></m:manifest>' },
        file('content.xml'),
      ]),
    'is encrypted',
  ],
  ['a locked book', 'a.epub', lockedBook, 'is encrypted'],
  [
    'a book without a list',
    'a.epub',
    () => zipArchive([{ name: 'META-INF/container.xml', data: '<container/>' }]),
    'it is not an EPUB book',
  ],
])

describeEnds('markup', [
  [
    'elements too deep, in XML',
    'a.docx',
    () => docx(`<w:document>${'<w:p>'.repeat(300_000)}`),
    'nested more than 5,000 deep',
  ],
  ['elements too deep, in HTML', 'a.html', () => `<html>${'<div>'.repeat(300_000)}`, 'nested more than 5,000 deep'],
  ['groups too deep, in RTF', 'a.rtf', () => `{\\rtf1 ${'{'.repeat(300_000)}`, 'nested more than 5,000 deep'],
  ['parts too deep, in e-mail', 'a.eml', () => nestedMail(1000), 'it is damaged (Maximum MIME nesting depth'],
  [
    'a table without end',
    'a.html',
    () => `<table>${'<tr><td>a<td>b'.repeat(100_000)}`,
    'more than 500,000 characters',
    { characters: 500_000 },
  ],
  [
    'sections without end',
    'a.html',
    () => '<h1>a</h1>b'.repeat(100_000),
    'more than 500,000 characters',
    { characters: 500_000 },
  ],
  [
    'headings without end',
    'a.md',
    () => '# a\n'.repeat(100_000),
    'more than 500,000 characters',
    { characters: 500_000 },
  ],
  ['a row of every column', 'a.xlsx', wideSheet, 'more than 500,000 characters', { characters: 500_000 }],
])

describeEnds('PDF', [
  ['a password', 'a.pdf', () => documentFile('locked.pdf'), 'is encrypted'],
  [
    'too many pages',
    'a.pdf',
    () => pdfDocument({ pages: Array(30).fill(pdfText('x')) }),
    'more than 20 pages',
    { pages: 20 },
  ],
  [
    'pages in a circle',
    'a.pdf',
    () => pdfDocument({ pages: [pdfText('x')], claims: 50, isCircular: true }),
    'it is damaged',
  ],
  [
    'a page without end',
    'a.pdf',
    () =>
      pdfDocument({ pages: [`BT /F 12 Tf ${'(xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx) Tj T* '.repeat(50_000)} ET`], packed: 1 }),
    'a page of more than 1,000,000 characters',
  ],
  [
    'a drawing that takes for ever',
    'a.pdf',
    () => pdfDocument({ pages: ['q '.repeat(30e6)], packed: 2 }),
    'took longer than 2 seconds',
    { seconds: 2 },
  ],
  [
    'a drawing that takes all memory',
    'a.pdf',
    () => pdfDocument({ pages: [' '.repeat(300e6)], packed: 2 }),
    'needs more memory',
    { memoryMegabytes: 300 },
  ],
  ['pictures alone', 'a.pdf', () => pdfDocument({ pages: ['0 0 100 100 re f'] }), 'holds no text. If it is a scan'],
  ['cut in the middle', 'a.pdf', () => pdfDocument({ pages: [pdfText('x')] }).subarray(0, 300), 'it is damaged'],
  [
    'noise behind the first line',
    'a.pdf',
    () => Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(100_000, 7)]),
    'it is damaged',
  ],
])

describeEnds('size', [
  ['half a gigabyte of text', 'a.txt', () => endless('words '), 'more than 25,000,000 characters'],
  ['half a gigabyte of nothing', 'a.txt', () => endless(' '), 'more than 25,000,000 characters'],
  ['a line of half a gigabyte', 'a.md', () => endless('#'), 'more than 25,000,000 characters'],
  ['brackets', 'a.json', () => endless('['), 'more than 25,000,000 characters'],
  [
    'a document larger than may be',
    'a.pdf',
    () => endless('%PDF-1.7\n'),
    'larger than 10 MB',
    { bytes: 10 * megabyte },
  ],
])

describeEnds('kinds that are not read', [
  [
    'a PDF that takes a character map',
    'a.pdf',
    () => pdfDocument({ pages: ['BT /F 12 Tf 50 700 Td <706F5854> Tj ET'], font: chineseFont }),
    `${unsupported} It is a PDF whose text takes the character map UniGB-UCS2-H, which this server does not have`,
  ],
  [
    '.doc',
    'handbook.doc',
    () => documentFile('handbook.doc'),
    `${unsupported} It is a Word document in the old .doc format. Save it as .docx`,
  ],
  [
    '.xls',
    'signals.xls',
    () => documentFile('signals.xls'),
    `${unsupported} It is a workbook in the old .xls format. Save it as .xlsx`,
  ],
  [
    '.doc, named .docx',
    'handbook.docx',
    () => documentFile('handbook.doc'),
    `${unsupported} It is a Word document in the old .doc format.`,
  ],
  ['a document of Office under a password', 'a.docx', officeUnderPassword, 'is encrypted'],
  [
    'a compressed text',
    'a.txt',
    () => gzipSync('words'),
    `${unsupported} Its extension is .txt, and its content is a gzip archive.`,
  ],
])

test('entities that a document defines are not expanded', async () => {
  const entities = Array.from({ length: 20 }, (_, n) => `<!ENTITY a${n + 1} "${`&a${n};`.repeat(10)}">`).join('')
  const xml = `<!DOCTYPE d [<!ENTITY a0 "ha">${entities}<!ENTITY f SYSTEM "file:///etc/passwd">]>`
  const text = '<w:p><w:r><w:t>one &a20; &f; &amp; two</w:t></w:r></w:p>'
  expect(await extract('a.docx', docx(`${xml}<w:document>${text}</w:document>`))).toMatchObject([
    { text: 'one &a20; &f; & two' },
  ])
})

test('a usual document takes little memory', async () => {
  const sections = await extract('handbook.pdf', await documentFile('handbook.pdf'), { memoryMegabytes: 200 })
  expect(sections).toHaveLength(4)
})

test('a PDF that lies about its pages is counted again', async () => {
  expect(await extract('a.pdf', pdfDocument({ pages: [pdfText('one')], claims: 1_000_000 }))).toMatchObject([
    { text: 'one', page: 1 },
  ])
})

test('RTF that skips beyond its end', async () => {
  expect(await extract('a.rtf', '{\\rtf1 one\\bin999999999 two')).toMatchObject([{ text: 'one' }])
})

const chineseFont =
  '<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[<</Type/Font' +
  '/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 4>>>>]>>'

function file(name: string): ZipFile {
  return { name, data: 'x' }
}

function rootOf(target: string): ZipFile {
  const relationship = `<Relationship Id="r" Type="x/officeDocument" Target="${target}"/>`
  return { name: '_rels/.rels', data: `<Relationships>${relationship}</Relationships>` }
}

function docx(data: string, options: Partial<ZipFile> = {}): Buffer {
  return zipArchive([rootOf('word/document.xml'), { name: 'word/document.xml', data, ...options }])
}

function wordText(letters: number): string {
  return `<w:document><w:p><w:r><w:t>${'x'.repeat(letters)}</w:t></w:r></w:p></w:document>`
}

function slides(count: number, text: string): Buffer {
  const ids = Array.from({ length: count }, (_, n) => n)
  const relationships = ids.map((n) => `<Relationship Id="r${n}" Type="x/slide" Target="${n}.xml"/>`)
  return zipArchive([
    rootOf('ppt/p.xml'),
    {
      name: 'ppt/p.xml',
      data: `<p:presentation>${ids.map((n) => `<p:sldId id="1" r:id="r${n}"/>`).join('')}</p:presentation>`,
    },
    { name: 'ppt/_rels/p.xml.rels', data: `<Relationships>${relationships.join('')}</Relationships>` },
    ...ids.map((n) => ({ name: `ppt/${n}.xml`, data: `<p:sld><a:p><a:t>${text}</a:t></a:p></p:sld>` })),
  ])
}

function wideSheet(): Buffer {
  return zipArchive([
    rootOf('xl/w.xml'),
    { name: 'xl/w.xml', data: '<workbook><sheets><sheet name="s" r:id="r"/></sheets></workbook>' },
    {
      name: 'xl/_rels/w.xml.rels',
      data: '<Relationships><Relationship Id="r" Type="x/worksheet" Target="s.xml"/></Relationships>',
    },
    { name: 'xl/s.xml', data: `<worksheet>${'<row><c r="XFD1"><v>1</v></c></row>'.repeat(1000)}</worksheet>` },
  ])
}

function nestedArchive(depth: number): Buffer {
  let archive = zipArchive([file('a')])
  for (let level = 0; level < depth; level++) archive = zipArchive([{ name: 'a.zip', data: archive }])
  return archive
}

function nestedMail(depth: number): string {
  return 'Content-Type: multipart/mixed; boundary=b\n\n--b\n'.repeat(depth)
}

function lockedBook(): Buffer {
  return zipArchive([
    { name: 'META-INF/container.xml', data: '<container><rootfile full-path="OEBPS/book.opf"/></container>' },
    { name: 'META-INF/encryption.xml', data: '<enc:CipherReference URI="OEBPS/one%20.xhtml"/>' },
    { name: 'OEBPS/book.opf', data: '<package><item id="i" href="one%20.xhtml"/><itemref idref="i"/></package>' },
    file('OEBPS/one .xhtml'),
  ])
}

/** What Office makes of a document with a password is an OLE file around it. */
function officeUnderPassword(): Buffer {
  return Buffer.concat([
    Buffer.from('d0cf11e0a1b11ae1', 'hex'),
    Buffer.alloc(2000),
    Buffer.from('EncryptedPackage', 'utf16le'),
    Buffer.alloc(2000),
  ])
}

/** One byte within a file is another. */
function damagedAt(bytes: Buffer, name: string): Buffer {
  const at = bytes.indexOf(name) + name.length + 400
  return Buffer.from(bytes).fill((bytes[at] ?? 0) ^ 1, at, at + 1)
}

/** Up to the 512 MB that an upload may have. */
function endless(text: string): ReadableStream<Uint8Array> {
  const chunk = Buffer.alloc(megabyte, text)
  let left = 512
  return new ReadableStream({
    pull(controller) {
      left -= 1
      if (left < 0) controller.close()
      else controller.enqueue(chunk)
    },
  })
}
