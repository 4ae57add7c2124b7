import { statSync } from 'node:fs'
import { join } from 'node:path'
import { createSearchIndex } from '../../src/adapters/search/search-index.ts'
import type { SegmentBytes } from '../../src/ports/search.ts'
import { createTestSegments, requestFor } from '../../test/support/segments.ts'
import { percentile } from '../measure.ts'
import type { Table } from '../scenario.ts'
import { openVectorTable, whyNoSqliteVec } from '../sqlite-vec.ts'
import { createMaterial, dimensions } from './search-index.ts'

const stores = 1_000
/** Of sqlite-vec as it comes: it takes megabytes for each. */
const storesOfDefault = 100
const chunksEach = 5
const silent = { warn() {}, error() {}, info() {}, debug() {} }

/** What is compared of a way to keep many stores. */
interface Cost {
  readonly what: string
  readonly stores: number
  /** Of each store, in KB: what is stored for it. */
  readonly stored: number
  /** Milliseconds of a search, when all are in memory. */
  readonly p50: number
  readonly p95: number
}

/** Small stores in the index, without HTTP, and as partitions of one table of sqlite-vec. */
export async function compareSmallStores(newFolder: () => string): Promise<Table> {
  const missing = whyNoSqliteVec()
  const files = createMaterial(2)
  const vectors: Float32Array[] = []
  while (vectors.length < stores * chunksEach) vectors.push(...(files.file().vectors ?? []))
  const costs = [await costOfIndex(vectors)]
  if (missing === null) {
    costs.push(await costOfTable(newFolder(), vectors, { stores: storesOfDefault, chunkSize: 1024 }))
    costs.push(await costOfTable(newFolder(), vectors, { stores, chunkSize: 8 }))
  }
  return {
    title: `stores of ${chunksEach} passages, by vectors of ${dimensions} dimensions${missing === null ? '' : ` (${missing})`}`,
    columns: ['', 'stores', 'stored KB each', 'p50 ms', 'p95 ms'],
    rows: costs.map((cost) => [cost.what, cost.stores, cost.stored, cost.p50, cost.p95]),
  }
}

async function costOfIndex(vectors: readonly Float32Array[]): Promise<Cost> {
  const segments = createTestSegments()
  const index = createSearchIndex({ source: segments, memoryBytes: 512 * 1024 ** 2, threads: 1, log: silent })
  const { signal } = new AbortController()
  for (let store = 0; store < stores; store++) {
    const own = vectorsOf(vectors, store)
    const texts = own.map((_, place) => `Passage ${place} of store ${store}.`)
    await segments.add(index, { vector_store_id: `vs_${store}`, texts, vectors: own })
  }
  const request = (store: number) => {
    const queries = [{ text: '', vector: vectorsOf(vectors, store)[0] ?? null }]
    return requestFor('', { vector_store_ids: [`vs_${store}`], queries, space: 'space' })
  }
  for (let store = 0; store < stores; store++) await index.search(request(store), { signal })
  const times = await timesOf(stores, async (store) => void (await index.search(request(store), { signal })))
  const live = Array.from({ length: stores }, (_, store) => `segment ${store}`)
  const bytes = [...(await segments.load(live)).values()].reduce((sum, each) => sum + sizeOf(each), 0)
  await index.close()
  return { what: 'ours', stores, stored: bytes / 1024 / stores, ...times }
}

function sizeOf({ texts, postings, vectors }: SegmentBytes): number {
  return texts.byteLength + postings.byteLength + (vectors?.byteLength ?? 0)
}

async function costOfTable(
  folder: string,
  vectors: readonly Float32Array[],
  { stores, chunkSize }: { stores: number; chunkSize: number },
): Promise<Cost> {
  const file = join(folder, 'small-stores.sqlite')
  const table = openVectorTable(file, { dimensions, chunkSize })
  for (let store = 0; store < stores; store++) table.add(store, vectorsOf(vectors, store))
  const search = async (store: number) => {
    const [query] = vectorsOf(vectors, store)
    if (query) table.nearest(store, query, chunksEach)
  }
  for (let store = 0; store < stores; store++) await search(store)
  const times = await timesOf(stores, search)
  table.close()
  const what = `sqlite-vec, chunk_size=${chunkSize}`
  return { what, stores, stored: statSync(file).size / 1024 / stores, ...times }
}

function vectorsOf(vectors: readonly Float32Array[], store: number): readonly Float32Array[] {
  return vectors.slice(store * chunksEach, (store + 1) * chunksEach)
}

async function timesOf(
  stores: number,
  search: (store: number) => Promise<void>,
): Promise<{ p50: number; p95: number }> {
  const latencies: number[] = []
  for (let store = 0; store < stores; store++) {
    const before = performance.now()
    await search(store)
    latencies.push(performance.now() - before)
  }
  latencies.sort((a, b) => a - b)
  return { p50: percentile(latencies, 50), p95: percentile(latencies, 95) }
}
