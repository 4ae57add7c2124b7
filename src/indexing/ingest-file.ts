import { fromText } from '../api/json.ts'
import type { Blobs } from '../ports/blobs.ts'
import type { Embedder } from '../ports/embedder.ts'
import { ExtractionFailure, type Extractor } from '../ports/extractor.ts'
import type { Chunk, SearchIndex, SegmentBytes } from '../ports/search.ts'
import type { VectorStoreFileRow } from '../ports/store.ts'
import { automaticStrategy } from '../resources/shown-strategy.ts'
import { chunkText } from './chunk-text.ts'

const maxTokens = 5_000_000

export interface IngestParts {
  blobs: Pick<Blobs, 'read'>
  extractor: Extractor
  /** Null where none is configured. */
  embedder: Embedder | null
  index: Pick<SearchIndex, 'encode'>
}

/** What a file becomes, and what it takes: the bytes of its text, and four for each dimension of each passage. */
export interface Ingested {
  readonly segment: SegmentBytes
  readonly usage_bytes: number
}

/**
 * Text, passages and vectors of a file. Rejects with `ExtractionFailure` when the file is at fault, and with the
 * signal's reason once it is aborted.
 */
export async function ingestFile(
  { blobs, extractor, embedder, index }: IngestParts,
  row: Pick<VectorStoreFileRow, 'id' | 'filename' | 'body'>,
  { signal }: { signal: AbortSignal },
): Promise<Ingested> {
  const data = await blobs.read(row.id)
  const sections = await extractor
    .extract({ filename: row.filename, data }, { signal })
    .finally(() => (data.locked ? undefined : data.cancel()))
  const { chunks, tokens } = await chunkText(sections, strategyOf(row))
  if (tokens > maxTokens) throw tooLong(tokens)
  if (chunks.length === 0) throw empty()
  signal.throwIfAborted()
  const vectors = await embedChunks(embedder, chunks, { signal })
  const segment = await index.encode({ chunks, vectors, space: embedder?.space ?? null })
  const text = sections.reduce((sum, section) => sum + Buffer.byteLength(section.text), 0)
  return { segment, usage_bytes: text + 4 * (embedder?.dimensions ?? 0) * chunks.length }
}

/** One vector for each passage, which knows what it stands under; null without an embedder. */
export async function embedChunks(
  embedder: Embedder | null,
  chunks: readonly Chunk[],
  { signal }: { signal: AbortSignal },
): Promise<Float32Array[] | null> {
  if (embedder === null) return null
  const texts = chunks.map(({ headings, text }) => (headings.length > 0 ? `${headings.join(' › ')}\n${text}` : text))
  return embedder.embed(texts, { kind: 'passage', signal })
}

function strategyOf({ body }: Pick<VectorStoreFileRow, 'body'>) {
  const { chunking_strategy } = fromText(body)
  return chunking_strategy.type === 'static' ? chunking_strategy.static : automaticStrategy
}

function tooLong(tokens: number) {
  const most = maxTokens.toLocaleString('en-US')
  const count = tokens.toLocaleString('en-US')
  return new ExtractionFailure(
    'invalid_file',
    `The file is too long: it has ${count} tokens, and ${most} are the most.`,
  )
}

function empty() {
  return new ExtractionFailure('invalid_file', 'The file could not be parsed because it is empty.')
}
