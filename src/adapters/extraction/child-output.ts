import { writeSync } from 'node:fs'
import type { ExtractionFailure } from '../../ports/extractor.ts'
import type { ChildLine } from './child-lines.ts'
import type { SectionSink } from './sections.ts'
import { whenReady } from './when-ready.ts'

/** In characters: JSON may write each in six bytes, and a line has to stay far below the longest there may be. */
const longestText = 64 * 1024

/** Says everything on stdout, in lines of a fair length. When the server is slower, the child waits. */
export function createLineSink(): SectionSink & { end(): void; fail(failure: ExtractionFailure): void } {
  let text = ''
  let lines = ''

  function write(piece: string): void {
    text += piece
    if (text.length >= longestText) sayText()
  }

  function sayText(): void {
    for (const piece of piecesOf(text)) say({ say: 'text', text: piece })
    text = ''
  }

  function say(line: ChildLine): void {
    lines += `${JSON.stringify(line)}\n`
    if (lines.length >= longestText) send()
  }

  function send(): void {
    const bytes = Buffer.from(lines)
    lines = ''
    for (let sent = 0; sent < bytes.length; ) sent += whenReady(() => writeSync(1, bytes, sent))
  }

  function sayLast(line: ChildLine): void {
    sayText()
    say(line)
    send()
  }
  return {
    start({ page, headings }) {
      sayText()
      say({ say: 'start', page, headings })
    },
    write,
    end: () => sayLast({ say: 'end' }),
    fail: ({ code, message }) => sayLast({ say: 'failure', code, message }),
  }
}

/** Cut between characters, never within one. */
function* piecesOf(text: string): Generator<string> {
  for (let from = 0; from < text.length; ) {
    const cut = from + longestText
    const splits = text.charCodeAt(cut - 1) >> 10 === 0x36 // the first half of a pair
    const to = splits ? cut - 1 : cut
    yield text.slice(from, to)
    from = to
  }
}
