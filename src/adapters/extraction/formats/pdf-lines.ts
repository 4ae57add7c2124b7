import { count, tooMuch } from '../failures.ts'
import type { Pdf } from './pdf-bookmarks.ts'

type Page = Awaited<ReturnType<Pdf['getPage']>>
type Piece = Awaited<ReturnType<Page['getTextContent']>>['items'][number]

/** In characters. A page with more is no page; and where memory ends, PDF.js would end the page without a word. */
const mostOnPage = 1_000_000

/** The lines of a page in the order in which it draws them; an empty one where there is a gap between paragraphs. */
export async function readLines(page: Page): Promise<string[]> {
  const lines = createLines()
  let characters = 0
  for await (const piece of piecesOf(page)) {
    if (!('str' in piece)) continue
    characters += piece.str.length + 1
    if (characters > mostOnPage) throw tooMuch(`has a page of more than ${count(mostOnPage)} characters`)
    lines.add(piece)
  }
  return lines.done()
}

/** Piece by piece, so that a page without end is given up in time. */
async function* piecesOf(page: Page): AsyncGenerator<Piece> {
  const content: ReadableStream<{ items: Piece[] }> = page.streamTextContent()
  for await (const { items } of content) yield* items
}

function createLines() {
  const lines: string[] = []
  let line = ''
  let [top, height] = [Number.NaN, 0] // of the line
  let above = Number.NaN // the place of the line before

  function add({ str, hasEOL, transform, height: tall }: Extract<Piece, { str: string }>): void {
    if (str.trim() !== '') {
      if (line === '') [top, height] = [Number(transform[5]), tall]
      line += str
    } else if (line !== '') line += str
    if (hasEOL) endLine()
  }

  function endLine(): void {
    if (line.trim() === '') return
    if (above - top > height * 1.9 && lines.length > 0) lines.push('')
    lines.push(line.trimEnd())
    above = top
    line = ''
  }

  function done(): string[] {
    endLine()
    return lines
  }
  return { add, done }
}
