import { count, tooMuch } from '../failures.ts'
import { createProse } from '../prose.ts'
import { allBytes, type FormatRequest } from './request.ts'
import { createRtfWriter } from './rtf-writer.ts'

/** Groups inherit from the one around them. */
interface Group {
  /** What it holds is about the document and not in it. */
  hidden: boolean
  /** Characters that follow a `\u` for readers that do not know it. */
  fallback: number
  /** A footnote: written where it hangs, in parentheses. */
  isNote: boolean
}

const token = /\\([a-z]{1,32})(-?\d{1,9})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|[^\\{}\r\n]+|[\r\n]+/gi

/** Groups that hold what is about the document: fonts, colours, pictures, what is repeated on every page. */
const destinations = new Set(
  `fonttbl colortbl stylesheet info pict header headerl headerr headerf footer footerl footerr footerf object objdata
  themedata colorschememapping datastore listtable listoverridetable rsidtbl generator xmlnstbl latentstyles fldinst
  bkmkstart bkmkend annotation atnid atnauthor filetbl revtbl pgdsctbl mmathPr`.split(/\s+/),
)

const characters = new Map([
  ['line', '\n'],
  ['tab', '\t'],
  ['emdash', '\u2014'],
  ['endash', '\u2013'],
  ['bullet', '\u2022'],
  ['lquote', '\u2018'],
  ['rquote', '\u2019'],
  ['ldblquote', '\u201c'],
  ['rdblquote', '\u201d'],
  ['emspace', ' '],
  ['enspace', ' '],
])

/** Rich Text Format: paragraphs, headings by their outline level or that of their style, tables, footnotes. */
export async function parseRtf({ bytes, limits, sink }: FormatRequest): Promise<void> {
  const source = (await allBytes(bytes)).toString('latin1')
  const prose = createProse(sink)
  const writer = createRtfWriter(prose)
  const groups: Group[] = [{ hidden: false, fallback: 1, isNote: false }]
  let skip = 0 // characters that repeat a `\u`

  token.lastIndex = 0
  for (let match = token.exec(source); match; match = token.exec(source)) {
    const [all, word, number, hex, symbol, brace] = match
    const group = groups.at(-1) ?? { hidden: false, fallback: 1, isNote: false }
    if (brace === '{') open(group)
    else if (brace === '}') close()
    else if (word === 'bin') token.lastIndex += Math.max(Number(number ?? 0), 0)
    else if (word !== undefined) control(group, word, number === undefined ? undefined : Number(number))
    else if (symbol === '*') group.hidden = true
    else if (group.hidden || all.startsWith('\n') || all.startsWith('\r')) continue
    else if (skip > 0) skip = skipIn(all, hex)
    else if (hex !== undefined) writer.byte(Number.parseInt(hex, 16))
    else writer.text(symbol === undefined ? all : symbolOf(symbol))
  }
  writer.end()
  prose.end()

  function open(group: Group): void {
    if (groups.length > limits.depth) throw tooMuch(`has groups nested more than ${count(limits.depth)} deep`)
    groups.push({ ...group })
    skip = 0
  }

  function close(): void {
    const closed = groups.length > 1 ? groups.pop() : undefined
    if (closed?.isNote && !groups.at(-1)?.isNote) writer.text(')')
    skip = 0
  }

  /** The bullet or number itself is for readers that know no lists. */
  function openBullet(group: Group): void {
    group.hidden = true
    writer.item()
  }

  function openNote(group: Group): void {
    group.hidden = false
    group.isNote = true
    writer.text(' (')
  }

  function control(group: Group, word: string, value: number | undefined): void {
    if (word === 'footnote') openNote(group)
    else if (word === 'listtext' || word === 'pntext') openBullet(group)
    else if (destinations.has(word)) group.hidden = true
    else if (word === 'uc') group.fallback = value ?? 1
    else if (group.hidden) writer.define(word, value)
    else if (word === 'u') {
      writer.text(String.fromCharCode((value ?? 63) & 0xffff))
      skip = group.fallback
    } else if (characters.has(word)) writer.text(characters.get(word) ?? '')
    else if (!group.isNote) writer.control(word, value)
  }

  /** Passes over as much of a text as is left to skip, and writes the rest. */
  function skipIn(text: string, hex: string | undefined): number {
    if (hex !== undefined) return skip - 1
    writer.text(text.slice(skip))
    return Math.max(skip - text.length, 0)
  }
}

function symbolOf(symbol: string): string {
  if (symbol === '~') return '\u00a0'
  if (symbol === '_') return '-'
  return symbol === '-' ? '' : symbol
}
