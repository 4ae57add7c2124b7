import { createProse } from '../prose.ts'
import type { SectionSink } from '../sections.ts'
import { createSheetWriter } from '../sheet-writer.ts'
import { type Attributes, attribute, type ElementHandler } from './elements.ts'
import { characterOf, repeated } from './opendocument-elements.ts'

/** Spreadsheets: the sheets in their order, each as a table under its name. Values are as they were last shown. */
export function createSpreadsheetHandler(sink: SectionSink): ElementHandler & { end(): void } {
  const prose = createProse(sink)
  let sheet = createSheetWriter(prose, '')
  let cells: string[] = []
  let times = 1 // that the cell stands there
  let [text, paragraphs, remarks] = ['', 0, 0]

  function open(name: string, attributes: Attributes): void {
    if (name === 'annotation') remarks += 1
    if (remarks > 0) return
    if (name === 'table') openSheet(attributes)
    else if (name === 'table-row') cells = []
    else if (name === 'table-cell' || name === 'covered-table-cell') openCell(attributes)
    else if (name === 'p') paragraphs += 1
    else text += characterOf(name, attributes)
  }

  function openSheet(attributes: Attributes): void {
    sheet.end()
    prose.leave()
    sheet = createSheetWriter(prose, attribute(attributes, 'name') ?? '')
  }

  function openCell(attributes: Attributes): void {
    text = ''
    times = repeated(attribute(attributes, 'number-columns-repeated'))
  }

  function close(name: string): void {
    if (name === 'annotation') remarks -= 1
    if (remarks > 0) return
    if (name === 'table-cell' || name === 'covered-table-cell') {
      for (let time = 0; time < times; time++) cells.push(text.trim())
    } else if (name === 'table-row') sheet.row(cells)
    else if (name === 'p') {
      paragraphs -= 1
      text += '\n'
    }
  }

  function add(piece: string): void {
    if (paragraphs > 0 && remarks === 0) text += piece
  }

  function end(): void {
    sheet.end()
    prose.end()
  }
  return { open, text: add, close, end }
}
