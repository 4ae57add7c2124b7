import { createMarkerScanner } from '../tools/citation-markers.ts'
import { createLinkScanner, type LinkedPiece } from '../tools/sandbox-links.ts'
import type { Passage } from '../tools/tool.ts'
import type { TurnWriter } from './write-turn.ts'

interface CitedTextParts {
  writer: TurnWriter
  passageAt: (position: number, index: number) => Passage | undefined
  files: ReadonlyMap<string, string>
}

/**
 * Writes text in which markers become citations, markers that point nowhere vanish, and links to files of the sandbox
 * become annotations.
 */
export function citedText({ writer, passageAt, files }: CitedTextParts) {
  const markers = createMarkerScanner<Passage>(passageAt)
  const links = createLinkScanner(files)

  async function write(pieces: ReturnType<typeof markers.push>): Promise<void> {
    for (const { text, source } of pieces) {
      await writeLinked(source ? links.end() : links.push(text))
      if (source) await writer.cite(text, source)
    }
  }

  async function writeLinked(pieces: readonly LinkedPiece[]): Promise<void> {
    for (const { text, file_id } of pieces) {
      if (file_id === undefined) await writer.text('text', text)
      else await writer.link(text, file_id)
    }
  }

  async function end(): Promise<void> {
    await write(markers.end())
    await writeLinked(links.end())
  }

  return { push: (text: string) => write(markers.push(text)), end }
}
