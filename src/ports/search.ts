import type { AttributeFilter, Attributes } from '../api/vector-store.ts'

/** A file's passages as search needs them, made once when the file is ingested and never changed. */
export interface Segment {
  /** Passages in their order, with where they stand. */
  readonly chunks: readonly Chunk[]
  /** One unit vector for each chunk; null where no embedder is configured. */
  readonly vectors: readonly Float32Array[] | null
  /** The embedder's `space`, or null. */
  readonly space: string | null
}

export interface Chunk {
  readonly text: string
  /** Counted from 1; null where the format has none. */
  readonly page: number | null
  /** Outermost first. */
  readonly headings: readonly string[]
}

/** A segment as it is stored: bytes that only the index understands. */
export interface SegmentBytes {
  readonly chunk_count: number
  readonly space: string | null
  /** Texts and places of the chunks. */
  readonly texts: Uint8Array
  /** Terms and where they occur. */
  readonly postings: Uint8Array
  /** Vectors in both precisions; null without an embedder. */
  readonly vectors: Uint8Array | null
}

/** Which segments there are, and their bytes. The store has it. */
export interface SegmentSource {
  /** The live segments of these stores, cheap to ask: what a query may see is decided here, at its time. */
  live(project: string, vector_store_ids: readonly string[]): Promise<LiveSegment[]>
  /** The bytes of segments; those that are gone meanwhile are left out. */
  load(ids: readonly string[]): Promise<ReadonlyMap<string, SegmentBytes>>
  /** At most `limit` segments, in every project, whose space is not this one; after `after` in the order of their ids. */
  outside(space: string, page: { after: string; limit: number }): Promise<OutsideSegment[]>
}

/** A segment whose vectors, if it has any, cannot be compared with those of a space. */
export interface OutsideSegment {
  readonly id: string
  readonly project: string
  readonly vector_store_id: string
  readonly file_id: string
}

export interface LiveSegment {
  readonly id: string
  readonly vector_store_id: string
  readonly file_id: string
  readonly filename: string
  readonly attributes: Attributes
  readonly chunk_count: number
  readonly space: string | null
}

/** Exact search: filters by file first, scores every passage that is left, forgets what is not live any more. */
export interface SearchIndex {
  /** The bytes to store for a segment. */
  encode(segment: Segment): Promise<SegmentBytes>
  /** The best passages, best first. Rejects with the signal's reason once it is aborted. */
  search(request: SearchRequest, options: { signal: AbortSignal }): Promise<Hit[]>
  /** The passages of one segment, in their order; undefined when it is gone. */
  chunks(segment_id: string): Promise<readonly Chunk[] | undefined>
  close(): Promise<void>
}

export interface SearchRequest {
  readonly project: string
  readonly vector_store_ids: readonly string[]
  /** Each query is searched by itself; a passage has the best of its scores. `vector` is null without an embedder. */
  readonly queries: readonly { readonly text: string; readonly vector: Float32Array | null }[]
  /** The space of the query vectors: vectors of other spaces are passed over. */
  readonly space: string | null
  readonly filter: AttributeFilter | null
  /** At most so many hits, of those that reach the threshold (0 to 1). */
  readonly limit: number
  readonly scoreThreshold: number
  readonly fusion: Fusion
}

/** How keyword and vector scores become one: a weighted sum of absolute scores, or reciprocal ranks. */
export type Fusion =
  | { readonly kind: 'weighted' }
  | { readonly kind: 'reciprocal-rank'; readonly vectorWeight: number; readonly textWeight: number }

export interface Hit {
  readonly segment: LiveSegment
  /** Its place in the segment, counted from 0. */
  readonly index: number
  readonly chunk: Chunk
  /** 0 to 1. */
  readonly score: number
}
