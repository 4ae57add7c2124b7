import { detailsOf, vectorOf } from '../../src/adapters/search/details.ts'
import type {
  LiveSegment,
  SearchIndex,
  SearchRequest,
  Segment,
  SegmentBytes,
  SegmentSource,
} from '../../src/ports/search.ts'
import { randomNumbers, requestFor } from '../../test/support/segments.ts'

export const dimensions = 768
const chunksPerFile = 100
const wordsPerChunk = 200
const vocabulary = 30_000
const topics = 200
const words = Array.from({ length: vocabulary }, (_, rank) => `w${rank.toString(36)}`)

/** Made-up passages that are shaped like real ones: words as frequent as Zipf has it, vectors around some topics. */
export interface Material {
  file(): Segment
  /** A question of five words, none of them among the most frequent, about one of the topics, or of one half alone. */
  question(by: 'words' | 'vectors' | 'both'): SearchRequest
}

export function createMaterial(seed: number): Material {
  const random = randomNumbers(seed)
  const centres = Array.from({ length: topics }, () => randomVector(random))

  function word(from: number): string {
    return words[Math.floor(from * (vocabulary / from) ** random())] ?? ''
  }

  function nearTopic(): Float32Array {
    const centre = centres[Math.floor(random() * topics)] ?? new Float32Array(dimensions)
    return unit(randomVector(random).map((value, place) => value + (centre[place] ?? 0)))
  }

  function chunk() {
    const text = Array.from({ length: wordsPerChunk }, () => word(1)).join(' ')
    return { chunk: { text, page: null, headings: [] }, vector: nearTopic() }
  }
  return {
    file() {
      const made = Array.from({ length: chunksPerFile }, chunk)
      return { chunks: made.map((each) => each.chunk), vectors: made.map(({ vector }) => vector), space: 'space' }
    },
    question(by) {
      const text = by === 'vectors' ? '' : Array.from({ length: 5 }, () => word(20)).join(' ')
      const vector = by === 'words' ? null : nearTopic()
      return requestFor(text, { queries: [{ text, vector }], space: vector && 'space', limit: 20 })
    },
  }
}

/** One vector store in memory, in the place of the database. */
export interface GrowingStore extends SegmentSource {
  /** Adds files until there are so many passages. */
  grow(index: SearchIndex, material: Material, chunks: number): Promise<void>
  chunks(): number
  vector(segment_id: string, chunk: number): Float32Array | undefined
  /** The vectors of each file, from the one in which the passage with this number is. */
  vectorsFrom(chunk: number): Iterable<Float32Array[]>
}

const distinctFiles = 100

/** After so many files it holds copies of the first ones, which cost a search the same and take no time to make. */
export function createGrowingStore(): GrowingStore {
  const live: LiveSegment[] = []
  const bytes: SegmentBytes[] = []
  const bytesOf = (id: string) => bytes[Number(id) % distinctFiles]

  function vectorsOf(id: string): Float32Array[] {
    const made = bytesOf(id)
    const details = made && detailsOf(made)
    return Array.from({ length: chunksPerFile }, (_, chunk) => details && vectorOf(details, chunk)).filter(
      (vector) => vector !== undefined,
    )
  }
  return {
    live: async () => [...live],
    load: async (ids) =>
      new Map(ids.flatMap((id) => [bytesOf(id)].filter((found) => found !== undefined).map((found) => [id, found]))),
    outside: async () => [],
    chunks: () => live.length * chunksPerFile,
    vector: (id, chunk) => vectorsOf(id)[chunk],
    *vectorsFrom(chunk) {
      for (const { id } of live.slice(chunk / chunksPerFile)) yield vectorsOf(id)
    },
    async grow(index, material, chunks) {
      while (live.length * chunksPerFile < chunks) {
        const id = String(live.length)
        const made = bytesOf(id) ?? (await index.encode(material.file()))
        if (live.length < distinctFiles) bytes.push(made)
        const names = { id, vector_store_id: 'vs_1', file_id: `file-${id}`, filename: `${id}.txt`, attributes: {} }
        live.push({ ...names, chunk_count: made.chunk_count, space: made.space })
      }
    },
  }
}

function randomVector(random: () => number): Float32Array {
  return unit(new Float32Array(dimensions).map(() => random() - 0.5))
}

function unit(numbers: Float32Array): Float32Array {
  const length = Math.sqrt(numbers.reduce((sum, number) => sum + number * number, 0))
  return numbers.map((number) => number / length)
}
