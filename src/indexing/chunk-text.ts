import { setImmediate as breathe } from 'node:timers/promises'
import type { Section } from '../ports/extractor.ts'
import type { Chunk } from '../ports/search.ts'
import { openTokenCounter, type Piece, piecesOf } from './token-pieces.ts'

/** In tokens of o200k. The overlap is at most half of the size. */
export interface ChunkSizes {
  readonly max_chunk_size_tokens: number
  readonly chunk_overlap_tokens: number
}

/** What is shorter than this part of a chunk says too little by itself. */
const shortPart = 1 / 8

/** Sections that stay together, and where each begins in their text. */
interface Block {
  text: string
  tokens: number
  readonly sections: { readonly start: number; readonly section: Section }[]
}

/**
 * Cuts a document into passages for search, without keeping the event loop. A section that fits is one passage, so that
 * a passage has one page and one heading; those of a few words are joined to the next. A longer section becomes windows
 * of the size asked for, cut between words, each of which begins with the end of the one before. Page and headings are
 * those of the passage's first character. `tokens` counts the document without overlaps.
 */
export async function chunkText(
  sections: readonly Section[],
  sizes: ChunkSizes,
): Promise<{ chunks: Chunk[]; tokens: number }> {
  const tokenizer = await openTokenCounter()
  const chunks: Chunk[] = []
  let tokens = 0
  let block = emptyBlock()

  async function countUpTo(text: string, most: number): Promise<number> {
    let count = 0
    for (const pieces of piecesOf(text, tokenizer)) {
      for (const piece of pieces) count += piece.tokens
      if (count > most) break
      await breathe()
    }
    return count
  }

  async function finish(): Promise<void> {
    if (block.tokens <= sizes.max_chunk_size_tokens) {
      addChunk(block, { start: 0, end: block.text.length })
      tokens += block.tokens
    } else {
      tokens += await addWindows(block)
    }
    block = emptyBlock()
  }

  async function addWindows(long: Block): Promise<number> {
    const window = createWindow(sizes, tokenizer.count)
    let total = 0
    for (const pieces of piecesOf(long.text, tokenizer)) {
      for (const piece of pieces) {
        total += piece.tokens
        const full = window.add(piece)
        if (full) addChunk(long, full)
      }
      await breathe()
    }
    addChunk(long, window.rest())
    return total
  }

  function addChunk({ text, sections }: Block, { start, end }: Range): void {
    const passage = text.slice(start, end).trimEnd()
    if (passage.trim() === '') return
    const section = sections.findLast((each) => each.start <= start)?.section
    chunks.push({ text: passage, page: section?.page ?? null, headings: section?.headings ?? [] })
  }

  for (const section of sections) {
    const most = sizes.max_chunk_size_tokens
    const count = await countUpTo(section.text, most)
    const isShort = block.tokens < most * shortPart
    if (!isShort || (count <= most && block.tokens + count + 1 > most)) await finish()
    join(block, section, count)
  }
  await finish()
  return { chunks, tokens }
}

function emptyBlock(): Block {
  return { text: '', tokens: 0, sections: [] }
}

function join(block: Block, section: Section, tokens: number): void {
  if (block.text !== '') {
    block.text += '\n\n'
    block.tokens += 1
  }
  block.sections.push({ start: block.text.length, section })
  block.text += section.text
  block.tokens += tokens
}

interface Range {
  readonly start: number
  readonly end: number
}

/** A window that moves over the pieces of a text. */
function createWindow(
  { max_chunk_size_tokens: most, chunk_overlap_tokens: overlap }: ChunkSizes,
  count: (text: string) => number,
) {
  const held: Piece[] = []
  let tokens = 0
  let start = 0
  let end = 0

  /** The window as it was, when there is no room for the piece; then only its end is left, and the piece added to that. */
  function add(piece: Piece): Range | undefined {
    const full = tokens + piece.tokens > most ? { start, end } : undefined
    let dropped = 0
    while (full && dropped < held.length && (tokens > overlap || tokens + piece.tokens > most)) drop(held[dropped++])
    held.splice(0, dropped)
    held.push(piece)
    tokens += piece.tokens
    end += piece.text.length
    if (full) trimStart()
    return full
  }

  function drop(piece: Piece | undefined): void {
    tokens -= piece?.tokens ?? 0
    start += piece?.text.length ?? 0
  }

  /** A window begins with a word. Without its space a word may count otherwise. */
  function trimStart(): void {
    while (held[0] && /^\s/.test(held[0].text)) {
      const first = held.shift()
      const text = first?.text.trimStart() ?? ''
      drop(first)
      if (text === '') continue
      held.unshift({ text, tokens: count(text) })
      tokens += count(text)
      start -= text.length
    }
  }
  return { add, rest: (): Range => ({ start, end }) }
}
