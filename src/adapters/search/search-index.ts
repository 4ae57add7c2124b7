import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Log } from '../../lib/log.ts'
import type {
  Chunk,
  Hit,
  LiveSegment,
  SearchIndex,
  SearchRequest,
  Segment,
  SegmentBytes,
  SegmentSource,
} from '../../ports/search.ts'
import { createArena } from './arena.ts'
import { matchesFilter } from './attribute-filter.ts'
import { encodeSegment } from './encode-segment.ts'
import { createRunner } from './runner.ts'
import { searchSegments } from './search-segments.ts'
import { createSegmentCache } from './segment-cache.ts'
import type { Passage } from './settle.ts'
import { readAllChunks, readChunks } from './texts.ts'
import { createThreads } from './threads.ts'

/** As many characters are encoded here, within some milliseconds; more in a thread. */
const smallText = 16_384

/**
 * Search over immutable segments. `memoryBytes` bounds what is kept in memory between queries and what queries take
 * (a single segment may be larger); `threads` score large stores, from 1 on, and start when first needed.
 */
export function createSearchIndex({
  source,
  memoryBytes,
  threads,
  log,
}: {
  source: SegmentSource
  memoryBytes: number
  threads: number
  log: Log
}): SearchIndex {
  const arena = createArena()
  const cache = createSegmentCache({ source, arena, memoryBytes })
  const runner = createRunner({ arena, threads, log })
  const encoding = createThreads<Segment, SegmentBytes>({
    count: 1,
    start: () => new Worker(new URL(`./encoding-worker${extname(import.meta.url)}`, import.meta.url)),
    log,
  })

  async function encode(segment: Segment): Promise<SegmentBytes> {
    const length = segment.chunks.reduce((sum, { text }) => sum + text.length, 0)
    return length <= smallText ? encodeSegment(segment) : encoding.run(segment)
  }

  async function search(request: SearchRequest, { signal }: { signal: AbortSignal }): Promise<Hit[]> {
    signal.throwIfAborted()
    const aborted = Promise.withResolvers<never>()
    const abort = () => aborted.reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await Promise.race([searchLive(request, signal), aborted.promise])
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  async function searchLive(request: SearchRequest, signal: AbortSignal): Promise<Hit[]> {
    const live = await source.live(request.project, request.vector_store_ids)
    cache.forgetOthers(request.vector_store_ids, live)
    const { filter } = request
    const segments = filter ? live.filter(({ attributes }) => matchesFilter(filter, attributes)) : live
    const passages = await searchSegments(request, { cache, runner, segments, signal })
    return read(passages, segments)
  }

  /** The passages with their text, without those that are gone meanwhile. */
  async function read(passages: readonly Passage[], segments: readonly LiveSegment[]): Promise<Hit[]> {
    const hits = new Array<Hit | undefined>(passages.length).fill(undefined)
    const bySegment = Map.groupBy(passages.entries(), ([, { segment }]) => segments[segment]?.id)
    const wanted = new Set(passages.flatMap(({ segment }) => segments[segment] ?? []))
    for await (const [id, { texts }] of cache.details([...wanted])) {
      const own = bySegment.get(id) ?? []
      const chunks = readChunks(
        texts,
        own.map(([, { chunk }]) => chunk),
      )
      for (const [place, [index, passage]] of own.entries()) {
        const segment = segments[passage.segment]
        const chunk = chunks[place]
        if (segment && chunk) hits[index] = { segment, index: passage.chunk, chunk, score: passage.score }
      }
    }
    return hits.filter((hit) => hit !== undefined)
  }

  async function chunks(segment_id: string): Promise<readonly Chunk[] | undefined> {
    const bytes = (await source.load([segment_id])).get(segment_id)
    return bytes && (await readAllChunks(bytes.texts))
  }

  async function close(): Promise<void> {
    await Promise.all([runner.close(), encoding.close()])
  }
  return { encode, search, chunks, close }
}
