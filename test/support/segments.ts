import type {
  Chunk,
  LiveSegment,
  SearchIndex,
  SearchRequest,
  SegmentBytes,
  SegmentSource,
} from '../../src/ports/search.ts'

/** Segments in memory, as the store would have them. */
export interface TestSegments extends SegmentSource {
  /** Encodes and adds a segment; what is not given is made up. */
  add(index: SearchIndex, segment: TestSegment): Promise<LiveSegment>
  remove(id: string): void
  /** Ids that were loaded, in their order. */
  readonly loaded: string[]
}

export type TestSegment = Partial<LiveSegment> & {
  texts: readonly (string | Chunk)[]
  vectors?: readonly Float32Array[]
}

export function createTestSegments(): TestSegments {
  const live: LiveSegment[] = []
  const bytes = new Map<string, SegmentBytes>()
  const loaded: string[] = []
  return {
    loaded,
    async live(_project, stores) {
      return live.filter(({ vector_store_id }) => stores.includes(vector_store_id))
    },
    async load(ids) {
      loaded.push(...ids)
      return new Map(
        ids.flatMap((id) => {
          const found = bytes.get(id)
          return found ? [[id, found] as const] : []
        }),
      )
    },
    async outside() {
      return []
    },
    async add(index, { texts, vectors, space = vectors ? 'space' : null, ...rest }) {
      const chunks = texts.map((text) => (typeof text === 'string' ? { text, page: null, headings: [] } : text))
      const encoded = await index.encode({ chunks, vectors: vectors ?? null, space })
      const id = rest.id ?? `segment ${bytes.size}`
      const segment: LiveSegment = {
        id,
        vector_store_id: 'vs_1',
        file_id: `file ${id}`,
        filename: `${id}.txt`,
        attributes: {},
        chunk_count: encoded.chunk_count,
        ...rest,
        space,
      }
      bytes.set(id, encoded)
      live.push(segment)
      return segment
    },
    remove(id) {
      const at = live.findIndex((segment) => segment.id === id)
      live.splice(at, 1)
      bytes.delete(id)
    },
  }
}

/** A request for the words, in the store that segments are in by default. */
export function requestFor(text: string, rest: Partial<SearchRequest> = {}): SearchRequest {
  return {
    project: 'project',
    vector_store_ids: ['vs_1'],
    queries: [{ text, vector: null }],
    space: null,
    filter: null,
    limit: 10,
    scoreThreshold: 0,
    fusion: { kind: 'weighted' },
    ...rest,
  }
}

export function unit(numbers: readonly number[]): Float32Array {
  const length = Math.hypot(...numbers) || 1
  return Float32Array.from(numbers, (number) => number / length)
}

/** Numbers between 0 and 1 that are the same in each run. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mix = Math.imul(state ^ (state >>> 15), state | 1)
    mix ^= mix + Math.imul(mix ^ (mix >>> 7), mix | 61)
    return ((mix ^ (mix >>> 14)) >>> 0) / 0x1_0000_0000
  }
}
