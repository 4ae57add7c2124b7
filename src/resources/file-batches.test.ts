import { beforeEach, expect, onTestFinished, test } from 'vitest'
import {
  endIngestion,
  openResources,
  parsed,
  project,
  uploadFile,
  waitingJobs,
} from '../../test/support/open-resources.ts'

type Resources = Awaited<ReturnType<typeof openResources>>

const page = { limit: 20, order: 'asc' as const }
const last_error = { code: 'invalid_file' as const, message: 'It is damaged.' }

let opened: Resources
let batches: Resources['fileBatches']
let store_id: string
let ids: [string, string, string]

beforeEach(async () => {
  opened = await openResources()
  batches = opened.fileBatches
  store_id = (await parsed(opened.vectorStores.create(project, {}))).id
  ids = [await uploadFile(opened), await uploadFile(opened), await uploadFile(opened)]
  onTestFinished(() => opened[Symbol.asyncDispose]())
})

const storeNow = () => parsed(opened.vectorStores.get(project, store_id))
const batchNow = (id: string) => parsed(batches.get(project, store_id, id))
const end = (file_id: string, outcome?: Parameters<typeof endIngestion>[2]) =>
  endIngestion(opened, { vector_store_id: store_id, file_id }, outcome)
const entry = (file_id: string) => parsed(opened.vectorStoreFiles.get(project, store_id, file_id))

test('a batch is in progress until the last of its files has ended, however', async () => {
  const batch = await parsed(batches.create(project, store_id, { file_ids: ids, attributes: { of: 'all' } }))
  expect(batch).toEqual({
    id: expect.stringMatching(/^vsfb_[0-9a-f]{32}$/),
    object: 'vector_store.files_batch',
    created_at: opened.clock.now,
    vector_store_id: store_id,
    status: 'in_progress',
    file_counts: { in_progress: 3, completed: 0, failed: 0, cancelled: 0, total: 3 },
  })
  expect(await batchNow(batch.id)).toEqual(batch)
  expect(await storeNow()).toMatchObject({ file_counts: { in_progress: 3, total: 3 } })
  expect(await waitingJobs(opened)).toHaveLength(3)
  expect(await entry(ids[2])).toMatchObject({ attributes: { of: 'all' } })
  await end(ids[0])
  await end(ids[1], { status: 'failed', last_error })
  expect(await batchNow(batch.id)).toMatchObject({ status: 'in_progress' })
  await end(ids[2], { status: 'failed', last_error })
  const file_counts = { in_progress: 0, completed: 1, failed: 2, cancelled: 0, total: 3 }
  expect(await batchNow(batch.id)).toMatchObject({ status: 'completed', file_counts })
  expect(await storeNow()).toMatchObject({ status: 'completed', file_counts })
})

test('its files can each say how they are to be taken', async () => {
  const cut = { type: 'static' as const, static: { max_chunk_size_tokens: 300, chunk_overlap_tokens: 0 } }
  const files = [
    { file_id: ids[0], attributes: { n: 1 } },
    { file_id: ids[1], chunking_strategy: cut },
  ]
  const { id } = await parsed(batches.create(project, store_id, { files }))
  expect(await entry(ids[0])).toMatchObject({ attributes: { n: 1 } })
  expect(await entry(ids[1])).toMatchObject({ attributes: {}, chunking_strategy: cut })
  expect(await batchNow(id)).toMatchObject({ file_counts: { total: 2 } })
})

test('a file named twice is one', async () => {
  const { file_counts } = await parsed(batches.create(project, store_id, { file_ids: [ids[0], ids[0]] }))
  expect(file_counts).toMatchObject({ in_progress: 1, total: 1 })
  expect(await storeNow()).toMatchObject({ file_counts: { in_progress: 1, total: 1 } })
})

test('all of its files or none', async () => {
  await expect(batches.create(project, store_id, { file_ids: [ids[0], 'file-missing'] })).rejects.toMatchObject({
    status: 404,
    message: 'No such File object: file-missing',
  })
  expect(await storeNow()).toMatchObject({ file_counts: { total: 0 } })
  expect(await waitingJobs(opened)).toEqual([])
})

test('cancelling ends what is still under way, and leaves what is done', async () => {
  const { id } = await parsed(batches.create(project, store_id, { file_ids: ids }))
  await end(ids[0])
  const cancelled = await parsed(batches.cancel(project, store_id, id))
  expect(cancelled).toMatchObject({
    status: 'cancelled',
    file_counts: { in_progress: 0, completed: 1, failed: 0, cancelled: 2, total: 3 },
  })
  expect(await parsed(batches.cancel(project, store_id, id))).toEqual(cancelled)
  expect(await storeNow()).toMatchObject({ status: 'completed', file_counts: cancelled.file_counts })
  expect(await entry(ids[1])).toMatchObject({ status: 'cancelled', last_error: null })
  expect(await waitingJobs(opened)).toEqual([])
})

test('a batch that is over is not cancelled any more', async () => {
  const { id } = await parsed(batches.create(project, store_id, { file_ids: [ids[0]] }))
  await end(ids[0])
  expect(await parsed(batches.cancel(project, store_id, id))).toMatchObject({ status: 'completed' })
})

test('a file belongs to the batch it came with last, and each batch counts its own', async () => {
  const first = await parsed(batches.create(project, store_id, { file_ids: [ids[0], ids[1]] }))
  await end(ids[0])
  const second = await parsed(batches.create(project, store_id, { file_ids: [ids[1], ids[2]] }))
  expect(await batchNow(first.id)).toMatchObject({ status: 'completed', file_counts: { completed: 1, total: 1 } })
  expect(await batchNow(second.id)).toMatchObject({ file_counts: { in_progress: 2, total: 2 } })
  await opened.vectorStoreFiles.remove(project, store_id, ids[2])
  expect(await batchNow(second.id)).toMatchObject({ status: 'in_progress', file_counts: { in_progress: 1, total: 1 } })
  expect(await storeNow()).toMatchObject({ file_counts: { in_progress: 1, completed: 1, total: 2 } })
})

test('lists its own files, and those of one status', async () => {
  await opened.vectorStoreFiles.create(project, store_id, { file_id: ids[0] })
  const { id } = await parsed(batches.create(project, store_id, { file_ids: [ids[1], ids[2]] }))
  await end(ids[1])
  const listed = async (query: Parameters<Resources['fileBatches']['listFiles']>[3]) =>
    (await parsed(batches.listFiles(project, store_id, id, query))).data.map(({ id }: { id: string }) => id)
  expect(await listed(page)).toEqual([ids[1], ids[2]])
  expect(await listed({ ...page, order: 'desc' })).toEqual([ids[2], ids[1]])
  expect(await listed({ ...page, filter: 'completed' })).toEqual([ids[1]])
  expect(await listed({ ...page, after: ids[1] })).toEqual([ids[2]])
})

test('says what does not exist', async () => {
  const noStore = { status: 404, message: "No vector store found with id 'vs_missing'." }
  await expect(batches.create(project, 'vs_missing', { file_ids: ids })).rejects.toMatchObject(noStore)
  await expect(batches.get(project, 'vs_missing', 'vsfb_1')).rejects.toMatchObject(noStore)
  const noBatch = { status: 404, message: "No vector store file batch found with id 'vsfb_1'." }
  await expect(batches.get(project, store_id, 'vsfb_1')).rejects.toMatchObject(noBatch)
  await expect(batches.cancel(project, store_id, 'vsfb_1')).rejects.toMatchObject(noBatch)
  await expect(batches.listFiles(project, store_id, 'vsfb_1', page)).rejects.toMatchObject(noBatch)
  const { id } = await parsed(batches.create(project, store_id, { file_ids: ids }))
  const { id: other } = await parsed(opened.vectorStores.create(project, {}))
  await expect(batches.get(project, other, id)).rejects.toMatchObject({ status: 404 })
})
