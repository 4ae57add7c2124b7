import { beforeEach, expect, onTestFinished, test } from 'vitest'
import {
  endIngestion,
  openResources,
  parsed,
  project,
  uploadFile,
  waitingJobs,
} from '../../test/support/open-resources.ts'
import { noteUse } from './change-store.ts'

type Resources = Awaited<ReturnType<typeof openResources>>

const day = 86_400
const policy = { anchor: 'last_active_at' as const, days: 3 }
const page = { limit: 20, order: 'desc' as const }

let opened: Resources
let vectorStores: Resources['vectorStores']

beforeEach(async () => {
  opened = await openResources()
  vectorStores = opened.vectorStores
  onTestFinished(() => opened[Symbol.asyncDispose]())
})

test('an empty store is completed', async () => {
  const made = await parsed(vectorStores.create(project, {}))
  expect(made).toEqual({
    id: expect.stringMatching(/^vs_[0-9a-f]{32}$/),
    object: 'vector_store',
    created_at: opened.clock.now,
    name: '',
    description: null,
    usage_bytes: 0,
    file_counts: { in_progress: 0, completed: 0, failed: 0, cancelled: 0, total: 0 },
    status: 'completed',
    expires_after: null,
    expires_at: null,
    last_active_at: opened.clock.now,
    metadata: {},
  })
  expect(await parsed(vectorStores.get(project, made.id))).toEqual(made)
  expect((await parsed(vectorStores.list(project, page))).data).toEqual([made])
})

test('a store with files is in progress until the last of them has ended', async () => {
  const file_ids = [await uploadFile(opened), await uploadFile(opened)]
  const made = await parsed(
    vectorStores.create(project, {
      file_ids,
      name: 'n',
      description: 'd',
      expires_after: policy,
      metadata: { k: 'v' },
    }),
  )
  expect(made).toMatchObject({
    name: 'n',
    description: 'd',
    status: 'in_progress',
    file_counts: { in_progress: 2, completed: 0, failed: 0, cancelled: 0, total: 2 },
    expires_after: policy,
    expires_at: opened.clock.now + 3 * day,
    metadata: { k: 'v' },
  })
  expect(await waitingJobs(opened)).toEqual(file_ids.map((file_id) => `${made.id}/${file_id}`))
  const [first = '', second = ''] = file_ids
  await endIngestion(opened, { vector_store_id: made.id, file_id: first })
  expect(await parsed(vectorStores.get(project, made.id))).toMatchObject({
    status: 'in_progress',
    file_counts: { in_progress: 1, completed: 1, total: 2 },
    usage_bytes: 100,
  })
  const last_error = { code: 'invalid_file' as const, message: 'It is damaged.' }
  await endIngestion(opened, { vector_store_id: made.id, file_id: second }, { status: 'failed', last_error })
  expect(await parsed(vectorStores.get(project, made.id))).toMatchObject({
    status: 'completed',
    file_counts: { in_progress: 0, completed: 1, failed: 1, total: 2 },
    usage_bytes: 100,
  })
})

test('a file that does not exist leaves no store behind', async () => {
  const file_ids = [await uploadFile(opened), 'file-missing']
  await expect(vectorStores.create(project, { file_ids })).rejects.toMatchObject({
    status: 404,
    message: 'No such File object: file-missing',
  })
  expect((await parsed(vectorStores.list(project, page))).data).toEqual([])
})

test('a change keeps what it leaves out, and counts as use', async () => {
  const { id } = await parsed(vectorStores.create(project, { name: 'n', expires_after: policy, metadata: { k: 'v' } }))
  opened.clock.now += day
  expect(await parsed(vectorStores.modify(project, id, { metadata: { a: 'b' } }))).toMatchObject({
    name: 'n',
    metadata: { a: 'b' },
    last_active_at: opened.clock.now,
    expires_at: opened.clock.now + 3 * day,
  })
  expect(await parsed(vectorStores.modify(project, id, { name: null, expires_after: null }))).toMatchObject({
    name: '',
    metadata: { a: 'b' },
    expires_after: null,
    expires_at: null,
  })
})

test('a store that is deleted takes its entries along, and no files', async () => {
  const file_id = await uploadFile(opened)
  const { id } = await parsed(vectorStores.create(project, { file_ids: [file_id] }))
  expect(await parsed(vectorStores.remove(project, id))).toEqual({ id, object: 'vector_store.deleted', deleted: true })
  const gone = { status: 404, message: `No vector store found with id '${id}'.` }
  await expect(vectorStores.get(project, id)).rejects.toMatchObject(gone)
  await expect(vectorStores.remove(project, id)).rejects.toMatchObject(gone)
  await expect(vectorStores.modify(project, id, {})).rejects.toMatchObject(gone)
  await expect(opened.vectorStoreFiles.get(project, id, file_id)).rejects.toMatchObject(gone)
  await expect(opened.vectorStoreFiles.list(project, id, page)).rejects.toMatchObject(gone)
  expect(await parsed(opened.files.get(project, file_id))).toMatchObject({ id: file_id })
})

test('expires when nothing has used it for so long, and not before', async () => {
  const file_id = await uploadFile(opened)
  const { id } = await parsed(vectorStores.create(project, { file_ids: [file_id], expires_after: policy }))
  await endIngestion(opened, { vector_store_id: id, file_id })
  opened.clock.now += 2 * day
  await opened.store.transaction(project, (tx) => noteUse(tx, [id, 'vs_missing'], opened.clock.now))
  expect(await parsed(vectorStores.get(project, id))).toMatchObject({
    last_active_at: opened.clock.now,
    expires_at: opened.clock.now + 3 * day,
  })
  opened.clock.now += 3 * day - 1
  expect(await vectorStores.expire(project, id)).toBe(false)
  opened.clock.now += 1
  const { vectorStores: overdue } = await opened.store.overdue(opened.clock.now, 10)
  expect(overdue).toEqual([{ project, id }])
  expect(await vectorStores.expire(project, id)).toBe(true)
  expect(await vectorStores.expire(project, id)).toBe(false)
  expect((await opened.store.overdue(opened.clock.now, 10)).vectorStores).toEqual([])
})

test('an expired store can be read and deleted, and takes no files', async () => {
  const file_id = await uploadFile(opened)
  const { id, expires_at } = await parsed(vectorStores.create(project, { file_ids: [file_id], expires_after: policy }))
  await endIngestion(opened, { vector_store_id: id, file_id })
  opened.clock.now = expires_at
  await vectorStores.expire(project, id)
  expect(await parsed(vectorStores.get(project, id))).toMatchObject({ status: 'expired', expires_at })
  expect((await parsed(opened.vectorStoreFiles.list(project, id, page))).data).toHaveLength(1)
  expect(await opened.store.segments.live(project, [id])).toEqual([])
  const refused = { status: 400, message: expect.stringContaining(`Vector store ${id} has expired.`) }
  await expect(opened.vectorStoreFiles.create(project, id, { file_id })).rejects.toMatchObject(refused)
  await expect(opened.fileBatches.create(project, id, { file_ids: [file_id] })).rejects.toMatchObject(refused)
  await opened.store.transaction(project, (tx) => noteUse(tx, [id], opened.clock.now))
  expect(await parsed(vectorStores.modify(project, id, { name: 'old', expires_after: policy }))).toMatchObject({
    name: 'old',
    status: 'expired',
    expires_at,
  })
  await opened.vectorStoreFiles.remove(project, id, file_id)
  expect(await parsed(vectorStores.get(project, id))).toMatchObject({ status: 'expired', file_counts: { total: 0 } })
  expect(await parsed(vectorStores.remove(project, id))).toMatchObject({ deleted: true })
})

test('use is noted as often as it is asked for', async () => {
  const { id, last_active_at } = await parsed(vectorStores.create(project, {}))
  opened.clock.now += 59
  await vectorStores.touch(project, id, { secondsApart: 60 })
  expect(await parsed(vectorStores.get(project, id))).toMatchObject({ last_active_at })
  opened.clock.now += 1
  await vectorStores.touch(project, id, { secondsApart: 60 })
  expect(await parsed(vectorStores.get(project, id))).toMatchObject({ last_active_at: opened.clock.now })
})
