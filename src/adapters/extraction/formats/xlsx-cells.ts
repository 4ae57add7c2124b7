import { type Attributes, attribute } from './elements.ts'
import type { OfficePackage } from './office-package.ts'
import { dateOf } from './xlsx-dates.ts'

interface SheetContext {
  readonly strings: readonly string[]
  /** Which cell styles show a number as a date or time. */
  readonly dates: ReadonlySet<number>
  readonly from1904: boolean
  /** Called with each row, from its first column on. */
  row(cells: string[]): void
}

/** The last column there can be, XFD. */
const mostColumns = 16_384

/** Goes through the rows of a sheet. */
export async function readCells(office: OfficePackage, part: string, context: SheetContext): Promise<void> {
  let cells: string[] = []
  let cell: Attributes = {}
  let text = ''
  let inText = false
  await office.read(part, {
    open(name, attributes) {
      if (name === 'row') cells = []
      else if (name === 'c') [cell, text] = [attributes, '']
      else if (name === 'v' || name === 't') inText = true
    },
    text(piece) {
      if (inText) text += piece
    },
    close(name) {
      if (name === 'v' || name === 't') inText = false
      else if (name === 'c') place(cells, attribute(cell, 'r'), shown(text, cell, context))
      else if (name === 'row') context.row(cells)
    },
  })
}

/** At the column its reference names, or behind the last. */
function place(cells: string[], reference: string | undefined, value: string): void {
  const column = Math.min(reference === undefined ? cells.length : columnOf(reference), mostColumns)
  while (cells.length < column) cells.push('')
  cells[column] = value
}

/** Counted from 0: A is 0, AA is 26. */
function columnOf(reference: string): number {
  const letters = /^[A-Z]{1,3}/.exec(reference)?.[0] ?? 'A'
  return [...letters].reduce((column, letter) => column * 26 + letter.charCodeAt(0) - 64, 0) - 1
}

function shown(text: string, cell: Attributes, { strings, dates, from1904 }: SheetContext): string {
  switch (attribute(cell, 't')) {
    case 's':
      return strings[Number(text)] ?? ''
    case 'b':
      return text === '1' ? 'TRUE' : 'FALSE'
    case 'inlineStr':
    case 'str':
    case 'e':
    case 'd':
      return text
    default:
      return text === '' ? '' : numberOf(text, dates.has(Number(attribute(cell, 's') ?? 0)), from1904)
  }
}

/** Fifteen digits, as Excel shows: what lies behind is the rounding of binary fractions. */
function numberOf(text: string, isDate: boolean, from1904: boolean): string {
  const value = Number(text)
  if (Number.isNaN(value)) return text
  return (isDate ? dateOf(value, from1904) : undefined) ?? String(Number(value.toPrecision(15)))
}
