import { setImmediate as breathe } from 'node:timers/promises'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Chunk } from '../../ports/search.ts'
import { joined } from './joined.ts'

/** Chunks that are compressed together: overlapping text shrinks away, and reading one chunk inflates only a few KB. */
const perBlock = 4
const blocksAtOnce = 32

/**
 * Chunks as bytes: the number of chunks, where each block ends (u32, counted from the first block), then the blocks, each
 * the deflated JSON of four chunks.
 */
export function encodeTexts(chunks: readonly Chunk[]): Uint8Array {
  const blocks: Uint8Array[] = []
  for (let first = 0; first < chunks.length; first += perBlock) {
    const block = chunks.slice(first, first + perBlock).map(({ text, page, headings }) => [text, page, headings])
    blocks.push(deflateRawSync(JSON.stringify(block), { level: 6 }))
  }
  const head = new Uint32Array(1 + blocks.length)
  head[0] = chunks.length
  let end = 0
  for (const [index, block] of blocks.entries()) {
    end += block.length
    head[1 + index] = end
  }
  return joined([new Uint8Array(head.buffer), ...blocks])
}

/** The chunks at these places, in the order of the places. */
export function readChunks(texts: Uint8Array, places: readonly number[]): Chunk[] {
  const blocks = new Map<number, Chunk[]>()
  return places.map((place) => {
    const number = Math.floor(place / perBlock)
    const block = blocks.get(number) ?? readBlock(texts, number)
    blocks.set(number, block)
    const chunk = block[place % perBlock]
    if (!chunk) throw new RangeError(`a segment of ${countChunks(texts)} chunks has none at ${place}`)
    return chunk
  })
}

/** All chunks in their order. A long document takes a while, and lets others have their turn. */
export async function readAllChunks(texts: Uint8Array): Promise<Chunk[]> {
  const chunks: Chunk[] = []
  const blocks = Math.ceil(countChunks(texts) / perBlock)
  for (let number = 0; number < blocks; number++) {
    chunks.push(...readBlock(texts, number))
    if (number % blocksAtOnce === blocksAtOnce - 1) await breathe()
  }
  return chunks
}

function readBlock(texts: Uint8Array, number: number): Chunk[] {
  const head = new DataView(texts.buffer, texts.byteOffset, texts.byteLength)
  const blocks = Math.ceil(countChunks(texts) / perBlock)
  const first = 4 + 4 * blocks
  const start = number === 0 ? 0 : head.getUint32(4 * number, true)
  const end = head.getUint32(4 + 4 * number, true)
  const json = inflateRawSync(texts.subarray(first + start, first + end)).toString()
  const rows: [string, number | null, string[]][] = JSON.parse(json)
  return rows.map(([text, page, headings]) => ({ text, page, headings }))
}

function countChunks(texts: Uint8Array): number {
  return new DataView(texts.buffer, texts.byteOffset, texts.byteLength).getUint32(0, true)
}
