import { createProse } from '../prose.ts'
import { createSheetWriter } from '../sheet-writer.ts'
import { attribute } from './elements.ts'
import { type OfficePackage, type OfficeRequest, relationshipId } from './office-package.ts'
import { readCells } from './xlsx-cells.ts'
import { readDateStyles } from './xlsx-dates.ts'

/** Excel: the sheets in their order, each as a table under its name. Values are those last computed. */
export async function parseXlsx({ office, sink }: OfficeRequest): Promise<void> {
  const relationships = await office.relationships(office.main)
  const part = (type: string) => relationships.find((each) => each.type === type)?.target ?? ''
  const strings = await readSharedStrings(office, part('sharedStrings'))
  const dates = await readDateStyles(office, part('styles'))
  const { sheets, from1904 } = await readWorkbook(office)
  const prose = createProse(sink)
  for (const { name, id } of sheets) {
    const sheet = relationships.find((each) => each.id === id && each.type === 'worksheet')
    if (!sheet) continue // a chart
    prose.leave()
    const writer = createSheetWriter(prose, name)
    await readCells(office, sheet.target, { strings, dates, from1904, row: writer.row })
    writer.end()
  }
  prose.end()
}

async function readWorkbook(office: OfficePackage) {
  const sheets: { name: string; id: string }[] = []
  let from1904 = false
  await office.read(office.main, {
    open(name, attributes) {
      if (name === 'workbookPr') from1904 = /^(?:1|true)$/.test(attribute(attributes, 'date1904') ?? '')
      if (name !== 'sheet') return
      sheets.push({ name: attribute(attributes, 'name') ?? '', id: relationshipId(attributes) ?? '' })
    },
  })
  return { sheets, from1904 }
}

/** Texts that cells refer to by their number. Phonetic readings beside them are left out. */
async function readSharedStrings(office: OfficePackage, part: string): Promise<readonly string[]> {
  const strings: string[] = []
  let text = ''
  let inText = false
  let phonetic = 0
  await office.read(part, {
    open(name) {
      if (name === 'si') text = ''
      else if (name === 'rPh') phonetic += 1
      else if (name === 't') inText = phonetic === 0
    },
    text(piece) {
      if (inText) text += piece
    },
    close(name) {
      if (name === 'si') strings.push(text)
      else if (name === 'rPh') phonetic -= 1
      else if (name === 't') inText = false
    },
  })
  return strings
}
