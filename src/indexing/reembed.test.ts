import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { FakeEmbedder } from '../../test/support/fake-embedder.ts'
import {
  endIngestion,
  openResources,
  parsed,
  project,
  segmentId,
  uploadFile,
} from '../../test/support/open-resources.ts'
import type { Segment } from '../ports/search.ts'
import { createReembedding } from './reembed.ts'

type Resources = Awaited<ReturnType<typeof openResources>>

let opened: Resources
let store_id: string
let encoded: Segment[]

beforeEach(async () => {
  opened = await openResources()
  onTestFinished(() => opened[Symbol.asyncDispose]())
  store_id = (await parsed(opened.vectorStores.create(project, {}))).id
  encoded = []
})

const quiet = () => {}
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }

/** A file with one passage, ingested when there was no embedder. */
async function ingested(text: string): Promise<string> {
  const file_id = await uploadFile(opened, { content: text })
  await opened.vectorStoreFiles.create(project, store_id, { file_id })
  await endIngestion(opened, { vector_store_id: store_id, file_id })
  opened.passages.set(segmentId(file_id), [{ text, page: null, headings: [] }])
  return file_id
}

function begin(embedder: FakeEmbedder, isFirst?: () => Promise<boolean>) {
  const index = {
    chunks: async (id: string) => opened.passages.get(id),
    encode: async (segment: Segment) => {
      encoded.push(segment)
      const bytes = new Uint8Array()
      return { chunk_count: segment.chunks.length, space: segment.space, texts: bytes, postings: bytes, vectors: bytes }
    },
  }
  const reembedding = createReembedding({ ...opened, index, embedder, isFirst, log })
  onTestFinished(() => reembedding.stop())
  reembedding.start()
  return reembedding
}

const spaces = async () =>
  (await opened.store.segments.live(project, [store_id])).map(({ file_id, space }) => [file_id, space])
const outside = (space: string) => opened.store.segments.outside(space, { after: '', limit: 100 })

test('what another model has embedded is embedded again, all of it and once', async () => {
  const ids: string[] = []
  for (let count = 0; count < 25; count++) ids.push(await ingested(`text ${count}`))
  const embedder = new FakeEmbedder()
  begin(embedder)
  await vi.waitFor(async () => expect(await outside(embedder.space)).toEqual([]))
  expect((await spaces()).sort()).toEqual(ids.map((id) => [id, embedder.space]).sort())
  expect(embedder.calls.flatMap(({ texts }) => texts).sort()).toEqual(ids.map((_, count) => `text ${count}`).sort())
  expect(await parsed(opened.vectorStores.get(project, store_id))).toMatchObject({ file_counts: { completed: 25 } })
})

test('a file that is attached anew while it is embedded keeps what it gets there', async () => {
  const file_id = await ingested('text')
  const embedder = new FakeEmbedder({
    before: async () => void (await opened.vectorStoreFiles.create(project, store_id, { file_id })),
  })
  const reembedding = begin(embedder)
  await vi.waitFor(() => expect(encoded).toHaveLength(1))
  await reembedding.stop()
  expect(await spaces()).toEqual([])
  expect(await parsed(opened.vectorStoreFiles.get(project, store_id, file_id))).toMatchObject({ status: 'in_progress' })
})

test('a file that cannot be embedded does not keep the others from it', async () => {
  const bad = await ingested('bad')
  const good = await ingested('good')
  const embedder = new FakeEmbedder({
    before: ({ texts }) => {
      if (texts.includes('bad')) throw new Error('no')
    },
  })
  begin(embedder)
  await vi.waitFor(async () => expect(await outside(embedder.space)).toHaveLength(1))
  expect((await spaces()).sort()).toEqual(
    [
      [bad, null],
      [good, embedder.space],
    ].sort(),
  )
})

test('what is another node’s to do is left to it', async () => {
  await ingested('text')
  const embedder = new FakeEmbedder()
  const asked = vi.fn(async () => false)
  const reembedding = begin(embedder, asked)
  await vi.waitFor(() => expect(asked).toHaveBeenCalledOnce())
  await reembedding.stop()
  expect([embedder.calls, encoded]).toEqual([[], []])
  begin(embedder, async () => true)
  await vi.waitFor(async () => expect(await outside(embedder.space)).toEqual([]))
})

test('stopping interrupts it', async () => {
  await ingested('text')
  const started = Promise.withResolvers<void>()
  const embedder = new FakeEmbedder({
    before: ({ signal }) => {
      started.resolve()
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
  })
  const reembedding = begin(embedder)
  await started.promise
  await reembedding.stop()
  expect(encoded).toEqual([])
})
