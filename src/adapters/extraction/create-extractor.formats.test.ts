import { describe, expect, test } from 'vitest'
import { documentFile, extract } from '../../../test/support/extraction.ts'
import { pdfDocument, pdfText } from '../../../test/support/pdf-document.ts'
import { zipArchive } from '../../../test/support/zip-archive.ts'

/** The handbook as all formats tell it that know headings and tables. */
const signals =
  '| Signal | Meaning | Seconds |\n| --- | --- | --- |\n| Red | Keep away | 12 |\n| Green | Safe passage | 30 |'
const supplies = '- Oil and wicks\n  - spare glass\n- Café, 茶, Ærø & <salt>'

describe('headings, tables and lists survive', () => {
  test.each([
    ['handbook.docx', ['Lighthouse handbook', 'Keeping the light']],
    ['handbook-libreoffice.docx', ['Lighthouse handbook', 'Keeping the light']],
    ['handbook.odt', ['Lighthouse handbook', 'Keeping the light']],
    ['handbook.epub', ['Keeping the light']],
    ['handbook.html', ['Keeping the light']],
  ])('%s', async (name, outer) => {
    const sections = await extract(name, await documentFile(name))
    expect(sections).toContainEqual({ text: `## Signals\n\n${signals}`, page: null, headings: [...outer, 'Signals'] })
    expect(sections.find(({ headings }) => headings.at(-1) === 'Supplies')?.text).toContain(supplies)
    expect(sections.find(({ headings }) => headings.at(-1) === 'Storms')?.text).toContain(
      'Close the shutters | lock the door.',
    )
    expect(textOf(sections)).toContain('The log lies in the drawer below the clock.')
    expect(textOf(sections)).not.toMatch(/<p|color:|font-family/)
  })

  test.each(['handbook.rtf', 'handbook-libreoffice.rtf'])('%s', async (name) => {
    const sections = await extract(name, await documentFile(name))
    expect(sections).toContainEqual({
      text: `## Signals\n\n${signals}`,
      page: null,
      headings: ['Keeping the light', 'Signals'],
    })
    expect(textOf(sections)).toContain('Café, 茶, Ærø & <salt>')
    expect(textOf(sections)).toMatch(/writes it down. \(\s*The log lies in the drawer below the clock.\)/)
  })

  test('handbook.md', async () => {
    const sections = await extract('handbook.md', await documentFile('handbook.md'))
    expect(sections.map(({ headings }) => headings)).toEqual([
      [],
      ['Keeping the light'],
      ['Keeping the light', 'Signals'],
      ['Keeping the light', 'Supplies'],
      ['Storms'],
    ])
    expect(sections.map(({ text }) => text).join('\n\n')).toBe((await documentFile('handbook.md')).toString().trim())
  })
})

describe('Word', () => {
  const run = (text: string) => `<w:r><w:t>${text}</w:t></w:r>`

  test('what was deleted is left out, what is there twice comes once', async () => {
    const body = `<w:p>${run('one')}<w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:moveFrom>${run('moved')}</w:moveFrom>
      <mc:AlternateContent><mc:Choice>${run(' two')}</mc:Choice><mc:Fallback>${run(' two')}</mc:Fallback></mc:AlternateContent>
      <w:r><w:instrText>PAGE</w:instrText><w:tab/><w:t>three</w:t><w:br/><w:t>four</w:t><w:noBreakHyphen/></w:r></w:p>`
    expect(await extract('a.docx', word(body))).toMatchObject([{ text: 'one two\tthree\nfour-' }])
  })

  test('a text box comes after the paragraph that it hangs on', async () => {
    const box = `<w:txbxContent><w:p>${run('in the box')}</w:p></w:txbxContent>`
    expect(await extract('a.docx', word(`<w:p>${run('before')}<w:r>${box}</w:r>${run(' after')}</w:p>`))).toMatchObject(
      [{ text: 'before after\n\nin the box' }],
    )
  })

  test('headings by the style they rest on, or by their own level', async () => {
    const styles = `<w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
      <w:style w:styleId="Mine"><w:name w:val="Mine"/><w:basedOn w:val="berschrift1"/></w:style>
      <w:style w:styleId="Loop"><w:name w:val="Loop"/><w:basedOn w:val="Loop"/></w:style>`
    const paragraph = (settings: string, text: string) => `<w:p><w:pPr>${settings}</w:pPr>${run(text)}</w:p>`
    const body =
      paragraph('<w:pStyle w:val="Mine"/>', 'Outer') +
      paragraph('<w:outlineLvl w:val="1"/>', 'Inner') +
      paragraph('<w:pStyle w:val="Loop"/><w:outlineLvl w:val="9"/>', 'text')
    expect(await extract('a.docx', word(body, styles))).toEqual([
      { text: '# Outer\n\n## Inner\n\ntext', page: null, headings: ['Outer', 'Inner'] },
    ])
  })

  test('cells hold what would end them', async () => {
    const cell = (text: string) => `<w:tc><w:p>${run(text)}</w:p></w:tc>`
    const body = `<w:tbl><w:tr>${cell('a|b')}<w:tc><w:p>${run('one')}</w:p><w:p>${run('two')}</w:p></w:tc></w:tr></w:tbl>`
    expect(await extract('a.docx', word(body))).toMatchObject([{ text: '| a\\|b | one two |\n| --- | --- |' }])
  })
})

describe('PDF', () => {
  test('sections by page and bookmark', async () => {
    const sections = await extract('handbook.pdf', await documentFile('handbook.pdf'))
    expect(sections.map(({ page, headings }) => ({ page, headings }))).toEqual([
      { page: 1, headings: ['Keeping the light'] },
      { page: 1, headings: ['Keeping the light', 'Signals'] },
      { page: 1, headings: ['Keeping the light', 'Supplies'] },
      { page: 1, headings: ['Storms'] },
    ])
    expect(sections[1]?.text).toBe('Signals\nSignal Meaning Seconds\nRed Keep away 12\nGreen Safe passage 30')
    expect(sections[2]?.text).toContain('Café, 茶, Ærø & <salt>')
  })

  test('pages are counted from 1, those without text are left out', async () => {
    const bytes = pdfDocument({ pages: [pdfText('First'), '', pdfText('Third', 'line')] })
    expect(await extract('a.pdf', bytes)).toEqual([
      { text: 'First', page: 1, headings: [] },
      { text: 'Third\nline', page: 3, headings: [] },
    ])
  })

  test('words that were broken at the ends of lines are whole, by what earlier pages say', async () => {
    const first = pdfText('The lamp burns includ-', 'ing at night, and the watch overlaps.')
    const second = pdfText('Its over-', 'laps are written down by the night-', 'watch.')
    expect(await extract('a.pdf', pdfDocument({ pages: [first, second] }))).toMatchObject([
      { text: 'The lamp burns including\nat night, and the watch overlaps.', page: 1 },
      { text: 'Its overlaps\nare written down by the night-\nwatch.', page: 2 },
    ])
  })

  test('something in front of it does no harm', async () => {
    const bytes = Buffer.concat([Buffer.from('\0\0junk\n'), pdfDocument({ pages: [pdfText('Hello')] })])
    expect(await extract('a.pdf', bytes)).toMatchObject([{ text: 'Hello', page: 1 }])
  })
})

describe('slides', () => {
  test.each(['slides.pptx', 'slides-libreoffice.pptx', 'slides.odp'])('%s', async (name) => {
    expect(await extract(name, await documentFile(name))).toEqual([
      { text: '# Lighthouse training', page: 1, headings: ['Lighthouse training'] },
      {
        text: '# First night\n\n- Climb the stairs\n  - count them\n- Light the lamp\n\nNotes: Remind them of the broken step.',
        page: 2,
        headings: ['First night'],
      },
      {
        text: '# Signals\n\n| Signal | Meaning |\n| --- | --- |\n| Red | Keep away |',
        page: 3,
        headings: ['Signals'],
      },
    ])
  })

  test('come in the order of the presentation, not of their names', async () => {
    const slide = (text: string) =>
      `<p:sld><p:sp><p:txBody><a:p><a:r><a:t>${text}</a:t></a:r></a:p></p:txBody></p:sp></p:sld>`
    const bytes = zipArchive([
      relationships('_rels/.rels', { r1: ['officeDocument', 'ppt/presentation.xml'] }),
      {
        name: 'ppt/presentation.xml',
        data: '<p:presentation><p:sldIdLst><p:sldId id="256" r:id="r2"/><p:sldId id="257" r:id="r1"/></p:sldIdLst></p:presentation>',
      },
      relationships('ppt/_rels/presentation.xml.rels', {
        r1: ['slide', 'slides/slide1.xml'],
        r2: ['slide', '/ppt/slides/slide2.xml'],
      }),
      { name: 'ppt/slides/slide1.xml', data: slide('shown last') },
      { name: 'ppt/slides/slide2.xml', data: slide('shown first') },
    ])
    expect(await extract('a.pptx', bytes)).toMatchObject([
      { text: 'shown first', page: 1 },
      { text: 'shown last', page: 2 },
    ])
  })
})

describe('sheets', () => {
  test.each(['signals.xlsx', 'signals.ods'])('%s', async (name) => {
    expect(await extract(name, await documentFile(name))).toEqual([
      {
        text: '# signals\n\n| Signal | Colour | Since | Range |\n| --- | --- | --- | --- |\n| Head | Red | 2021-03-04 | 12.5 |\n| Harbour | Green | 1999-12-31 | 30 |',
        page: null,
        headings: ['signals'],
      },
    ])
  })

  test('signals.csv stays as it is', async () => {
    const bytes = await documentFile('signals.csv')
    expect(await extract('signals.csv', bytes)).toEqual([{ text: bytes.toString().trim(), page: null, headings: [] }])
  })

  test('cells of every type, gaps and blank rows', async () => {
    const bytes = workbook(`
      <row><c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><t>inline</t></is></c></row>
      <row><c r="A2"><v>0.30000000000000004</v></c><c r="B2" t="b"><v>1</v></c><c r="C2" t="e"><v>#N/A</v></c></row>
      <row></row>
      <row><c r="B4" t="str"><f>A1</f><v>computed</v></c><c r="C4" s="1"><v>44259.5</v></c></row>`)
    expect((await extract('a.xlsx', bytes))[0]?.text).toBe(
      '# Main\n\n| shared |  | inline |\n| --- | --- | --- |\n| 0.3 | TRUE | #N/A |\n\n|  | computed | 2021-03-04 12:00:00 |\n| --- | --- | --- |',
    )
  })

  test('long tables repeat their header', async () => {
    const rows = Array.from({ length: 120 }, (_, row) => `<row><c t="str"><v>r${row}</v></c><c><v>${row}</v></c></row>`)
    const text = (await extract('a.xlsx', workbook(rows.join(''))))[0]?.text ?? ''
    expect(text.match(/^\| r0 \| 0 \|$/gm)).toHaveLength(3)
    expect(text.match(/^\| r\d+ \| \d+ \|$/gm)).toHaveLength(122)
  })
})

describe('e-mail', () => {
  const head =
    'From: Ada <ada@example.org>\r\nTo: Bo <bo@example.org>, Cy <cy@example.org>\r\nSubject: =?utf-8?Q?The_l=C3=A5mp?=\r\nDate: Sat, 21 Nov 2026 10:00:00 +0100\r\n'
  const who =
    'From: Ada <ada@example.org>\nTo: Bo <bo@example.org>, Cy <cy@example.org>\nDate: 2026-11-21T09:00:00.000Z'

  test('text, and the names of attachments', async () => {
    const mail = `${head}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nIt is out.\r\n--b\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename=lamp.png\r\n\r\nxx\r\n--b--\r\n`
    expect(await extract('a.eml', mail)).toEqual([
      { text: `# The låmp\n\n${who}\nAttachments: lamp.png\n\nIt is out.`, page: null, headings: ['The låmp'] },
    ])
  })

  test('HTML where there is no text', async () => {
    const mail = `${head}Content-Type: text/html\r\n\r\n<style>p{}</style><p>It is <b>out</b>.</p>`
    expect(await extract('a.eml', mail)).toMatchObject([{ text: `# The låmp\n\n${who}\n\nIt is out.` }])
  })
})

describe('web pages', () => {
  test('what nobody reads is left out', async () => {
    const page =
      '<!doctype html><html><head><title>Tab</title><style>p { color: red }</style><script>alert(1)</script></head>' +
      '<body><noscript>Turn it on</noscript><template>later</template><p>Seen &amp; read</p></body></html>'
    expect(await extract('a.html', page)).toEqual([{ text: 'Seen & read', page: null, headings: [] }])
  })

  test('code keeps its lines, tables that only arrange dissolve', async () => {
    const page = '<table><tr><td><h1>Menu</h1><pre>a\n  b</pre></td><td><p>Text</p></td></tr></table>'
    expect(await extract('a.htm', page)).toEqual([
      { text: '# Menu\n\n```\na\n  b\n```\n\nText', page: null, headings: ['Menu'] },
    ])
  })

  test.each([
    ['declared', 'windows-1251', Buffer.from('<meta charset="windows-1251"><p>\xcc\xe0\xff\xea</p>', 'latin1'), 'Маяк'],
    [
      'declared in the old way',
      'shift_jis',
      Buffer.concat([
        Buffer.from('<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS"><p>'),
        Buffer.from([0x93, 0x94]),
      ]),
      '灯',
    ],
    ['UTF-8 by its bytes', 'utf-8', Buffer.from('<meta charset="iso-8859-1"><p>Маяк</p>'), 'Маяк'],
    ['UTF-16', 'utf-16', Buffer.from('\ufeff<p>Маяк</p>', 'utf16le'), 'Маяк'],
  ])('encoding %s (%s)', async (_, __, bytes, text) => {
    expect(await extract('a.html', bytes)).toMatchObject([{ text }])
  })
})

function textOf(sections: readonly { text: string }[]): string {
  return sections.map(({ text }) => text).join('\n')
}

function relationships(name: string, targets: Record<string, readonly [type: string, target: string]>) {
  const all = Object.entries(targets).map(
    ([id, [type, target]]) => `<Relationship Id="${id}" Type="http://x/${type}" Target="${target}"/>`,
  )
  return { name, data: `<Relationships>${all.join('')}</Relationships>` }
}

function word(body: string, styles = ''): Buffer {
  return zipArchive([
    relationships('_rels/.rels', { r1: ['officeDocument', 'word/document.xml'] }),
    { name: 'word/document.xml', data: `<w:document><w:body>${body}</w:body></w:document>` },
    relationships('word/_rels/document.xml.rels', { r1: ['styles', 'styles.xml'] }),
    { name: 'word/styles.xml', data: `<w:styles>${styles}</w:styles>` },
  ])
}

function workbook(rows: string): Buffer {
  return zipArchive([
    relationships('_rels/.rels', { r1: ['officeDocument', 'xl/workbook.xml'] }),
    {
      name: 'xl/workbook.xml',
      data: '<workbook><sheets><sheet name="Main" sheetId="1" r:id="r1"/></sheets></workbook>',
    },
    relationships('xl/_rels/workbook.xml.rels', {
      r1: ['worksheet', 'worksheets/sheet1.xml'],
      r2: ['sharedStrings', 'sharedStrings.xml'],
      r3: ['styles', 'styles.xml'],
    }),
    { name: 'xl/sharedStrings.xml', data: '<sst><si><r><t>sha</t></r><r><t>red</t></r><rPh><t>x</t></rPh></si></sst>' },
    {
      name: 'xl/styles.xml',
      data: '<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd hh:mm"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>',
    },
    { name: 'xl/worksheets/sheet1.xml', data: `<worksheet><sheetData>${rows}</sheetData></worksheet>` },
  ])
}
