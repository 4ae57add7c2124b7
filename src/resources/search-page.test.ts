import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { openResources, parsed, project } from '../../test/support/open-resources.ts'
import type { SearchStoreRequest } from '../api/vector-store.ts'
import type { Hit, SearchRequest } from '../ports/search.ts'
import { createSearchPage } from './search-page.ts'
import { createStoreSearch, StoreExpired } from './search-stores.ts'

type Resources = Awaited<ReturnType<typeof openResources>>
type Embed = Parameters<typeof createStoreSearch>[0]['embedder']

const signal = AbortSignal.timeout(30_000)

let opened: Resources
let store_id: string
let found: Hit[]
let asked: SearchRequest[]
let warnings: string[]

beforeEach(async () => {
  opened = await openResources()
  onTestFinished(() => opened[Symbol.asyncDispose]())
  store_id = (await parsed(opened.vectorStores.create(project, {}))).id
  found = []
  asked = []
  warnings = []
})

function searchWith(embedder: Embed) {
  const quiet = () => {}
  const log = {
    debug: quiet,
    info: quiet,
    error: quiet,
    warn: (_: object, message: string) => void warnings.push(message),
  }
  const index = {
    search: async (request: SearchRequest) => {
      asked.push(request)
      return found.slice(0, request.limit)
    },
  }
  return createStoreSearch({ store: opened.store, index, embedder, log })
}

function searchPage(request: SearchStoreRequest, { offset = 0, embedder = null as Embed } = {}) {
  const search = createSearchPage({ ...opened, search: searchWith(embedder), touch: opened.vectorStores.touch })
  return parsed(search(project, store_id, request, { offset, signal }))
}

function hit(text: string, score: number): Hit {
  const place = {
    id: 'seg_1',
    vector_store_id: store_id,
    file_id: 'file-1',
    filename: 'a.md',
    chunk_count: 9,
    space: null,
  }
  return {
    segment: { ...place, attributes: { year: 2024 } },
    index: 0,
    chunk: { text, page: 3, headings: ['H'] },
    score,
  }
}

test('a page of passages with their files', async () => {
  found = [hit('one', 0.9), hit('two', 0.5)]
  expect(await searchPage({ query: 'what is it like?' })).toEqual({
    object: 'vector_store.search_results.page',
    search_query: ['what is it like?'],
    data: [
      {
        file_id: 'file-1',
        filename: 'a.md',
        score: 0.9,
        attributes: { year: 2024 },
        content: [{ type: 'text', text: 'one' }],
      },
      {
        file_id: 'file-1',
        filename: 'a.md',
        score: 0.5,
        attributes: { year: 2024 },
        content: [{ type: 'text', text: 'two' }],
      },
    ],
    has_more: false,
    next_page: null,
  })
  expect(asked).toEqual([
    {
      project,
      vector_store_ids: [store_id],
      queries: [{ text: 'what is it like?', vector: null }],
      space: null,
      filter: null,
      limit: 11,
      scoreThreshold: 0,
      fusion: { kind: 'weighted' },
    },
  ])
})

test('pages follow each other to the end', async () => {
  found = ['a', 'b', 'c', 'd', 'e'].map((text) => hit(text, 0.5))
  const texts: string[] = []
  let next: string | null = '0'
  while (next !== null) {
    const page = await searchPage({ query: 'x', max_num_results: 2 }, { offset: Number(next) })
    texts.push(...page.data.map(({ content }: { content: { text: string }[] }) => content[0]?.text))
    expect(page.has_more).toBe(page.next_page !== null)
    next = page.next_page
  }
  expect(texts).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('what a request asks for reaches the index', async () => {
  const filters = { type: 'eq' as const, key: 'year', value: 2024 }
  const ranking_options = { score_threshold: 0.4, hybrid_search: { embedding_weight: 1, text_weight: 2 } }
  const query = ['What is the notice period?', 'refunds']
  const { search_query } = await searchPage({
    query,
    rewrite_query: true,
    filters,
    ranking_options,
    max_num_results: 5,
  })
  expect(search_query).toEqual(['notice period', 'refunds'])
  expect(asked[0]).toMatchObject({
    queries: [{ text: 'notice period' }, { text: 'refunds' }],
    filter: filters,
    limit: 6,
    scoreThreshold: 0.4,
    fusion: { kind: 'reciprocal-rank', vectorWeight: 1, textWeight: 2 },
  })
})

test('queries are embedded where that can be done, and searched by their words where it fails', async () => {
  const vector = new Float32Array([1, 0])
  const embedder = { space: 'm/2', embed: async (texts: readonly string[]) => texts.map(() => vector) }
  await searchPage({ query: 'x' }, { embedder })
  expect(asked[0]).toMatchObject({ space: 'm/2', queries: [{ text: 'x', vector }] })
  await searchPage({ query: 'x' }, { embedder: { ...embedder, embed: () => Promise.reject(new Error('down')) } })
  expect(asked[1]).toMatchObject({ space: null, queries: [{ text: 'x', vector: null }] })
  expect(warnings).toEqual(['queries could not be embedded: searching by words alone'])
})

test('an expired store has nothing, and says so to whoever searches it otherwise', async () => {
  const { vectorStores, clock } = opened
  await vectorStores.modify(project, store_id, { expires_after: { anchor: 'last_active_at', days: 1 } })
  clock.now += 86_400
  await vectorStores.expire(project, store_id)
  found = [hit('one', 0.9)]
  expect(await searchPage({ query: 'x' })).toMatchObject({ data: [], has_more: false })
  const request = { filter: null, limit: 1, scoreThreshold: 0, fusion: { kind: 'weighted' as const }, signal }
  const search = searchWith(null)
  const searching = search({ ...request, project, vector_store_ids: [store_id], queries: ['x'] })
  await expect(searching).rejects.toThrow(new StoreExpired(store_id))
  expect(asked).toEqual([])
})

test('a store that does not exist is a 404 for the endpoint, and has nothing otherwise', async () => {
  const search = searchWith(null)
  const request = { filter: null, limit: 1, scoreThreshold: 0, fusion: { kind: 'weighted' as const }, signal }
  expect(await search({ ...request, project, vector_store_ids: ['vs_missing'], queries: ['x'] })).toEqual([])
  await opened.vectorStores.remove(project, store_id)
  await expect(searchPage({ query: 'x' })).rejects.toMatchObject({ status: 404 })
})

test('searching is use, noted once a minute', async () => {
  const { clock, vectorStores } = opened
  clock.now += 60
  await searchPage({ query: 'x' })
  expect(await parsed(vectorStores.get(project, store_id))).toMatchObject({ last_active_at: clock.now })
  clock.now += 59
  await searchPage({ query: 'x' })
  expect(await parsed(vectorStores.get(project, store_id))).toMatchObject({ last_active_at: clock.now - 59 })
})
