import { beforeEach, expect, onTestFinished, test } from 'vitest'
import {
  endIngestion,
  openResources,
  parsed,
  project,
  segmentId,
  uploadFile,
  waitingJobs,
} from '../../test/support/open-resources.ts'

type Resources = Awaited<ReturnType<typeof openResources>>

const page = { limit: 20, order: 'asc' as const }

let opened: Resources
let files: Resources['vectorStoreFiles']
let store_id: string
let file_id: string

beforeEach(async () => {
  opened = await openResources()
  files = opened.vectorStoreFiles
  store_id = (await parsed(opened.vectorStores.create(project, {}))).id
  file_id = await uploadFile(opened)
  onTestFinished(() => opened[Symbol.asyncDispose]())
})

const storeNow = () => parsed(opened.vectorStores.get(project, store_id))
const end = (id: string, outcome?: Parameters<typeof endIngestion>[2]) =>
  endIngestion(opened, { vector_store_id: store_id, file_id: id }, outcome)

test('an attached file waits to be ingested', async () => {
  opened.clock.now += 5
  const entry = await parsed(files.create(project, store_id, { file_id }))
  expect(entry).toEqual({
    id: file_id,
    object: 'vector_store.file',
    usage_bytes: 0,
    created_at: opened.clock.now,
    vector_store_id: store_id,
    status: 'in_progress',
    last_error: null,
    chunking_strategy: { type: 'static', static: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 } },
    attributes: {},
  })
  expect(await parsed(files.get(project, store_id, file_id))).toEqual(entry)
  expect(await storeNow()).toMatchObject({ status: 'in_progress', last_active_at: opened.clock.now })
  expect(await waitingJobs(opened)).toEqual([`${store_id}/${file_id}`])
})

test('says how it is cut, and has the attributes it was given', async () => {
  const chunking_strategy = { type: 'static' as const, static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 0 } }
  const attributes = { year: 2024, draft: false, author: 'x' }
  expect(await parsed(files.create(project, store_id, { file_id, chunking_strategy, attributes }))).toMatchObject({
    chunking_strategy,
    attributes,
  })
  const auto = await parsed(files.create(project, store_id, { file_id, chunking_strategy: { type: 'auto' } }))
  expect(auto.chunking_strategy.static).toEqual({ max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 })
})

test('attached again, it starts anew and is counted once', async () => {
  await files.create(project, store_id, { file_id, attributes: { a: 1 } })
  await end(file_id)
  expect(await storeNow()).toMatchObject({ usage_bytes: 100, file_counts: { completed: 1, total: 1 } })
  opened.clock.now += 5
  expect(await parsed(files.create(project, store_id, { file_id }))).toMatchObject({
    created_at: opened.clock.now,
    status: 'in_progress',
    usage_bytes: 0,
    attributes: {},
  })
  expect(await storeNow()).toMatchObject({ usage_bytes: 0, file_counts: { in_progress: 1, completed: 0, total: 1 } })
  expect(await opened.store.segments.live(project, [store_id])).toEqual([])
  expect(await waitingJobs(opened)).toEqual([`${store_id}/${file_id}`])
})

test('lists files in the order they came, and those of one status', async () => {
  const others = [await uploadFile(opened), await uploadFile(opened)]
  for (const id of [file_id, ...others]) await files.create(project, store_id, { file_id: id })
  const last_error = { code: 'unsupported_file' as const, message: 'The file type is not supported.' }
  await end(file_id, { status: 'failed', last_error })
  const ids = async (query: Parameters<Resources['vectorStoreFiles']['list']>[2]) =>
    (await parsed(files.list(project, store_id, query))).data.map(({ id }: { id: string }) => id)
  expect(await ids(page)).toEqual([file_id, ...others])
  expect(await ids({ ...page, order: 'desc', limit: 1, after: others[0] })).toEqual([file_id])
  expect(await ids({ ...page, filter: 'in_progress' })).toEqual(others)
  expect(await ids({ ...page, filter: 'cancelled' })).toEqual([])
  expect(await parsed(files.list(project, store_id, { ...page, filter: 'failed' }))).toMatchObject({
    data: [{ id: file_id, last_error }],
    first_id: file_id,
    last_id: file_id,
    has_more: false,
  })
})

test('searches go by changed attributes at once', async () => {
  await files.create(project, store_id, { file_id, attributes: { a: 1 } })
  await end(file_id)
  const attributes = async () => (await opened.store.segments.live(project, [store_id]))[0]?.attributes
  expect(await attributes()).toEqual({ a: 1 })
  expect(await parsed(files.modify(project, store_id, file_id, { attributes: { b: 'x' } }))).toMatchObject({
    attributes: { b: 'x' },
    status: 'completed',
  })
  expect(await attributes()).toEqual({ b: 'x' })
  await files.modify(project, store_id, file_id, { attributes: null })
  expect(await attributes()).toEqual({})
})

test('a file that is taken out is found no more, and stays a file', async () => {
  await files.create(project, store_id, { file_id })
  await end(file_id)
  expect(await parsed(files.remove(project, store_id, file_id))).toEqual({
    id: file_id,
    object: 'vector_store.file.deleted',
    deleted: true,
  })
  expect(await storeNow()).toMatchObject({ usage_bytes: 0, file_counts: { total: 0 }, status: 'completed' })
  expect(await opened.store.segments.live(project, [store_id])).toEqual([])
  expect(await parsed(opened.files.get(project, file_id))).toMatchObject({ id: file_id })
})

test('a file that is taken out while it is ingested is ingested no more', async () => {
  await files.create(project, store_id, { file_id })
  await files.remove(project, store_id, file_id)
  expect(await storeNow()).toMatchObject({ file_counts: { in_progress: 0, total: 0 }, status: 'completed' })
  expect(await waitingJobs(opened)).toEqual([])
})

test('a file that is deleted leaves every store that holds it', async () => {
  const { id: other } = await parsed(opened.vectorStores.create(project, { file_ids: [file_id] }))
  await files.create(project, store_id, { file_id })
  await end(file_id)
  await opened.files.remove(project, file_id)
  for (const id of [store_id, other]) {
    expect(await parsed(opened.vectorStores.get(project, id))).toMatchObject({
      status: 'completed',
      usage_bytes: 0,
      file_counts: { in_progress: 0, completed: 0, total: 0 },
    })
    expect((await parsed(files.list(project, id, page))).data).toEqual([])
  }
  expect(await opened.store.segments.live(project, [store_id, other])).toEqual([])
  expect(await waitingJobs(opened)).toEqual([])
})

test('shows the text that was found in a file, each stretch once', async () => {
  const chunk = (text: string) => ({ text, page: null, headings: [] })
  const text = Array.from({ length: 60 }, (_, number) => `Line ${number}.`).join('\n')
  await files.create(project, store_id, { file_id })
  await expect(files.content(project, store_id, file_id)).rejects.toMatchObject({
    status: 400,
    message: `File '${file_id}' has no parsed content: its status is 'in_progress'.`,
  })
  await end(file_id)
  opened.passages.set(segmentId(file_id), [chunk(text.slice(0, 200)), chunk(text.slice(100)), chunk('Apart.')])
  expect(await parsed(files.content(project, store_id, file_id))).toEqual({
    object: 'vector_store.file_content.page',
    data: [
      { type: 'text', text },
      { type: 'text', text: 'Apart.' },
    ],
    has_more: false,
    next_page: null,
  })
})

test('says what does not exist', async () => {
  const noFile = { status: 404, message: 'No such File object: file-missing' }
  await expect(files.create(project, store_id, { file_id: 'file-missing' })).rejects.toMatchObject(noFile)
  const noStore = { status: 404, message: "No vector store found with id 'vs_missing'." }
  await expect(files.create(project, 'vs_missing', { file_id })).rejects.toMatchObject(noStore)
  await expect(files.get(project, 'vs_missing', file_id)).rejects.toMatchObject(noStore)
  const noEntry = { status: 404, message: `No file found with id '${file_id}' in vector store '${store_id}'.` }
  await expect(files.get(project, store_id, file_id)).rejects.toMatchObject(noEntry)
  await expect(files.modify(project, store_id, file_id, { attributes: null })).rejects.toMatchObject(noEntry)
  await expect(files.remove(project, store_id, file_id)).rejects.toMatchObject(noEntry)
  await expect(files.content(project, store_id, file_id)).rejects.toMatchObject(noEntry)
})
