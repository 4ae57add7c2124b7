import { type JsonText, toText } from '../api/json.ts'
import type { SearchPage, SearchStoreRequest } from '../api/vector-store.ts'
import type { Fusion, Hit } from '../ports/search.ts'
import type { Store } from '../ports/store.ts'
import { requireStore } from './change-store.ts'
import { rewriteQuery } from './rewrite-query.ts'
import { type createStoreSearch, StoreExpired } from './search-stores.ts'

const defaultResults = 10
/** Searches come often, policies count in days. */
const touchSecondsApart = 60

/**
 * `POST /vector_stores/{vector_store_id}/search`: one page of results, counted from `offset`. An expired store has none.
 */
export function createSearchPage({ store, search, touch }: SearchPageParts) {
  return async function searchPage(
    project: string,
    vector_store_id: string,
    request: SearchStoreRequest,
    { offset, signal }: { offset: number; signal: AbortSignal },
  ): Promise<JsonText<SearchPage>> {
    await requireStore(store.read(project), vector_store_id)
    const { filters, ranking_options, max_num_results = defaultResults } = request
    const queries = queriesOf(request)
    const asked = {
      project,
      vector_store_ids: [vector_store_id],
      queries,
      filter: filters ?? null,
      limit: offset + max_num_results + 1,
      scoreThreshold: ranking_options?.score_threshold ?? 0,
      fusion: fusionOf(ranking_options),
      signal,
    }
    const hits = await search(asked).catch(noneWhenExpired)
    await touch(project, vector_store_id, { secondsApart: touchSecondsApart })
    return toText(pageOf(hits, { queries, offset, limit: max_num_results }))
  }
}

interface SearchPageParts {
  store: Pick<Store, 'read'>
  search: ReturnType<typeof createStoreSearch>
  touch: (project: string, id: string, options: { secondsApart: number }) => Promise<void>
}

function queriesOf({ query, rewrite_query = false }: SearchStoreRequest): string[] {
  const queries = typeof query === 'string' ? [query] : query
  return rewrite_query ? queries.map(rewriteQuery) : queries
}

function fusionOf(options: SearchStoreRequest['ranking_options']): Fusion {
  const weights = options?.hybrid_search
  if (!weights) return { kind: 'weighted' }
  return { kind: 'reciprocal-rank', vectorWeight: weights.embedding_weight, textWeight: weights.text_weight }
}

function noneWhenExpired(error: unknown): Hit[] {
  if (error instanceof StoreExpired) return []
  throw error
}

function pageOf(
  hits: readonly Hit[],
  { queries, offset, limit }: { queries: string[]; offset: number; limit: number },
): SearchPage {
  const end = offset + limit
  const has_more = hits.length > end
  return {
    object: 'vector_store.search_results.page',
    search_query: queries,
    data: hits.slice(offset, end).map(({ segment, chunk, score }) => ({
      file_id: segment.file_id,
      filename: segment.filename,
      score,
      attributes: segment.attributes,
      content: [{ type: 'text', text: chunk.text }],
    })),
    has_more,
    next_page: has_more ? String(end) : null,
  }
}
