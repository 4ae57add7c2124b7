import type { Prose } from '../prose.ts'
import type { ElementHandler } from './elements.ts'

const passedOver = new Set(['script', 'style', 'noscript', 'template', 'title', 'iframe', 'object', 'svg'])

/** Elements that begin and end a line of their own. */
const blocks = new Set(
  `address article aside blockquote body button caption center dd details dialog dir div dl dt fieldset figcaption figure
  footer form header hr html legend li main menu nav ol optgroup option p pre section select summary table tbody td
  textarea tfoot th thead tr ul`.split(/\s+/),
)

/** Turns HTML into blocks of prose. Text that is still open at the end is written by `flush`. */
export function createHtmlHandler(prose: Prose): Required<ElementHandler> & { flush(): void } {
  let line = ''
  let hidden = 0
  let verbatim = 0
  let lists = 0
  let level = 0 // of the heading that is open
  let isItem = false

  function open(name: string): void {
    if (passedOver.has(name)) hidden += 1
    if (hidden > 0) return
    if (name === 'br') line += '\n'
    else if (blocks.has(name) || isHeading(name)) flush()
    if (name === 'pre' || name === 'textarea') verbatim += 1
    else if (name === 'ul' || name === 'ol' || name === 'menu') lists += 1
    else if (name === 'li') isItem = true
    else if (isHeading(name)) level = Number(name[1])
    else openTablePart(prose, name)
  }

  function close(name: string): void {
    if (passedOver.has(name)) hidden -= 1
    if (hidden > 0) return
    if (blocks.has(name) || isHeading(name)) flush()
    if (name === 'pre' || name === 'textarea') verbatim -= 1
    else if (name === 'ul' || name === 'ol' || name === 'menu') lists -= 1
    else if (name === 'li') isItem = false
    else if (isHeading(name)) level = 0
    else closeTablePart(prose, name)
  }

  function text(piece: string): void {
    if (hidden > 0) return
    line += verbatim > 0 ? piece : collapse(piece, line)
    if (line.length > longestBlock) flush()
  }

  function flush(): void {
    const block = line
    line = ''
    if (block.trim() === '') return
    if (verbatim > 0) prose.code(block)
    else if (level > 0 && block.length <= longestHeading) prose.heading(level, block)
    else if (isItem) prose.item(Math.max(lists - 1, 0), tidy(block))
    else prose.paragraph(tidy(block))
    isItem = false // what follows in the same item is a paragraph
  }
  return { open, text, close, flush }
}

/** What is longer is written in parts, so that it need not all be held. */
const longestBlock = 1_000_000
/** Some pages are one large heading. */
const longestHeading = 300

function isHeading(name: string): boolean {
  return name.length === 2 && /^h[1-6]$/.test(name)
}

/** White space as HTML has it: any amount is one space, and none after another. */
function collapse(piece: string, before: string): string {
  const text = piece.replace(/[ \t\r\n\f]+/g, ' ')
  return text.startsWith(' ') && (before === '' || /\s$/.test(before)) ? text.slice(1) : text
}

function tidy(block: string): string {
  return block.replace(/ ?\n ?/g, '\n').trim()
}

function openTablePart(prose: Prose, name: string): void {
  if (name === 'table') prose.openTable()
  else if (name === 'tr') prose.openRow()
  else if (name === 'td' || name === 'th') prose.openCell()
}

function closeTablePart(prose: Prose, name: string): void {
  if (name === 'td' || name === 'th') prose.closeCell()
  else if (name === 'tr') prose.closeRow()
  else if (name === 'table') prose.closeTable()
}
