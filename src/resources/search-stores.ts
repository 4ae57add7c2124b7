import { fromText } from '../api/json.ts'
import type { AttributeFilter } from '../api/vector-store.ts'
import type { Log } from '../lib/log.ts'
import type { Embedder } from '../ports/embedder.ts'
import type { Fusion, Hit, SearchIndex } from '../ports/search.ts'
import type { Store } from '../ports/store.ts'

export interface StoreSearch {
  readonly project: string
  readonly vector_store_ids: readonly string[]
  /** Each is searched by itself; a passage has the best of its scores. */
  readonly queries: readonly string[]
  readonly filter: AttributeFilter | null
  readonly limit: number
  /** 0 to 1. */
  readonly scoreThreshold: number
  readonly fusion: Fusion
  readonly signal: AbortSignal
}

/** Somebody searches a store whose time is over. The message is fit for users of the API. */
export class StoreExpired extends Error {
  override readonly name = 'StoreExpired'
  readonly vector_store_id: string

  constructor(vector_store_id: string) {
    super(`Vector store ${vector_store_id} has expired.`)
    this.vector_store_id = vector_store_id
  }
}

/**
 * The search that the endpoint and the tool share: the best passages of these stores, best first. A store that does not
 * exist has none; an expired one rejects with `StoreExpired`. Without an embedder, or while it fails, words alone count.
 */
export function createStoreSearch({ store, index, embedder, log }: SearchParts) {
  async function search({ queries, signal, ...request }: StoreSearch): Promise<Hit[]> {
    const vector_store_ids = await searchable(request.project, [...new Set(request.vector_store_ids)])
    if (vector_store_ids.length === 0) return []
    const vectors = await embed(queries, signal)
    const asked = queries.map((text, place) => ({ text, vector: vectors?.[place] ?? null }))
    const space = vectors === null ? null : (embedder?.space ?? null)
    return index.search({ ...request, vector_store_ids, queries: asked, space }, { signal })
  }

  async function searchable(project: string, ids: readonly string[]): Promise<string[]> {
    const rows = await Promise.all(ids.map((id) => store.read(project).vectorStores.get(id)))
    const found = rows.filter((row) => row !== undefined)
    for (const { id, body } of found) if (fromText(body).status === 'expired') throw new StoreExpired(id)
    return found.map(({ id }) => id)
  }

  async function embed(queries: readonly string[], signal: AbortSignal): Promise<Float32Array[] | null> {
    if (embedder === null) return null
    try {
      return await embedder.embed(queries, { kind: 'query', signal })
    } catch (error) {
      signal.throwIfAborted()
      log.warn({ err: error }, 'queries could not be embedded: searching by words alone')
      return null
    }
  }

  return search
}

interface SearchParts {
  store: Pick<Store, 'read'>
  index: Pick<SearchIndex, 'search'>
  /** Null where none is configured. */
  embedder: Pick<Embedder, 'space' | 'embed'> | null
  log: Log
}
