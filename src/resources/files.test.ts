import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openResources, parsed, piecesOf, project, uploadFile } from '../../test/support/open-resources.ts'
import { badRequest } from '../api/error.ts'
import type { FileExpiresAfter, FilePurpose } from '../api/file.ts'

const page = { limit: 10_000, order: 'desc' as const }
const hour: FileExpiresAfter = { anchor: 'created_at', seconds: 3600 }

function upload(purpose: FilePurpose, expires_after: FileExpiresAfter | null = null) {
  return { filename: '你好.txt', data: piecesOf('some ', 'text'), settings: async () => ({ purpose, expires_after }) }
}

/** Names of the blobs on disk. */
async function blobsIn(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, 'blobs'), { recursive: true })
  return names.flatMap((name) => name.split('/')[1] ?? [])
}

test('a file is processed from the start and keeps its name', async () => {
  await using opened = await openResources()
  const file = await parsed(opened.files.create(project, upload('assistants')))
  expect(file).toEqual({
    id: expect.stringMatching(/^file-[A-Za-z0-9]{22}$/),
    object: 'file',
    purpose: 'assistants',
    filename: '你好.txt',
    bytes: 9,
    created_at: opened.clock.now,
    expires_at: null,
    status: 'processed',
    status_details: null,
  })
  expect(await parsed(opened.files.get(project, file.id))).toEqual(file)
  expect(await blobsIn(opened.folder)).toEqual([file.id])
})

test('expires when it is told to, and after 30 days when it is for a batch', async () => {
  await using opened = await openResources()
  const { files, clock } = opened
  expect(await parsed(files.create(project, upload('vision', hour)))).toMatchObject({ expires_at: clock.now + 3600 })
  expect(await parsed(files.create(project, upload('batch')))).toMatchObject({ expires_at: clock.now + 2_592_000 })
  expect(await parsed(files.create(project, upload('batch', hour)))).toMatchObject({ expires_at: clock.now + 3600 })
})

describe('keeps neither row nor bytes of a file', () => {
  test('that is too large', async () => {
    await using opened = await openResources({ downloadAnyFile: false, maxBytes: 8 })
    await expect(opened.files.create(project, upload('assistants'))).rejects.toMatchObject({ status: 413 })
    expect(await blobsIn(opened.folder)).toEqual([])
    expect((await parsed(opened.files.list(project, page))).data).toEqual([])
  })

  test('that is empty', async () => {
    await using opened = await openResources()
    const empty = { ...upload('assistants'), data: piecesOf() }
    await expect(opened.files.create(project, empty)).rejects.toMatchObject({ status: 400, param: 'file' })
    expect(await blobsIn(opened.folder)).toEqual([])
    expect((await parsed(opened.files.list(project, page))).data).toEqual([])
  })

  test('whose purpose turns out to be wrong', async () => {
    await using opened = await openResources()
    const settings = () => Promise.reject(badRequest('no such purpose'))
    await expect(opened.files.create(project, { ...upload('assistants'), settings })).rejects.toThrow('no such purpose')
    expect(await blobsIn(opened.folder)).toEqual([])
  })
})

test('lists by purpose, with cursors', async () => {
  await using opened = await openResources()
  const { files } = opened
  const data = await uploadFile(opened, { purpose: 'user_data' })
  const first = await uploadFile(opened)
  const second = await uploadFile(opened)
  const ids = async (query: Partial<Parameters<typeof files.list>[1]>) =>
    (await parsed(files.list(project, { ...page, ...query }))).data.map((file: { id: string }) => file.id)
  expect(await ids({})).toEqual([second, first, data])
  expect(await ids({ purpose: 'assistants', order: 'asc' })).toEqual([first, second])
  expect(await ids({ purpose: 'no such thing' })).toEqual([])
  expect(await ids({ limit: 1, after: second })).toEqual([first])
  await expect(files.list(project, { ...page, after: 'file-x' })).rejects.toMatchObject({ status: 400, param: 'after' })
})

describe('content', () => {
  const text = async (content: Promise<{ data: ReadableStream<Uint8Array> }>) =>
    new Response((await content).data).text()

  test.each(['vision', 'fine-tune', 'batch', 'evals', 'assistants_output'] as const)(
    'of %s is given',
    async (purpose) => {
      await using opened = await openResources()
      const id = await uploadFile(opened, { purpose, filename: 'a.txt', content: 'hello' })
      const content = await opened.files.content(project, id)
      expect(content).toMatchObject({ filename: 'a.txt', bytes: 5 })
      expect(await text(Promise.resolve(content))).toBe('hello')
    },
  )

  test.each(['assistants', 'user_data'] as const)(
    'of %s is kept back unless the server says otherwise',
    async (purpose) => {
      await using opened = await openResources()
      const id = await uploadFile(opened, { purpose })
      await expect(opened.files.content(project, id)).rejects.toMatchObject({
        status: 400,
        message: `Not allowed to download files of purpose: ${purpose}`,
      })
      await using open = await openResources({ downloadAnyFile: true })
      const other = await uploadFile(open, { purpose, content: 'hello' })
      expect(await text(open.files.content(project, other))).toBe('hello')
    },
  )
})

test('a deleted file leaves the lists that it is on, and nothing else changes', async () => {
  await using opened = await openResources()
  const { assistants, threads, files } = opened
  const [gone, kept] = [await uploadFile(opened), await uploadFile(opened)]
  const both = { tool_resources: { code_interpreter: { file_ids: [gone, kept] } }, metadata: { note: gone } }
  const assistant = await parsed(assistants.create(project, { model: 'gpt-4o', ...both }))
  const thread = await parsed(threads.create(project, both))
  const namesIt = await parsed(threads.create(project, { metadata: { note: gone } }))
  const hasOther = await parsed(threads.create(project, { tool_resources: { code_interpreter: { file_ids: [kept] } } }))

  expect(await parsed(files.remove(project, gone))).toEqual({ id: gone, object: 'file', deleted: true })

  const rest = { tool_resources: { code_interpreter: { file_ids: [kept] } } }
  expect(await parsed(assistants.get(project, assistant.id))).toEqual({ ...assistant, ...rest })
  expect(await parsed(threads.get(project, thread.id))).toEqual({ ...thread, ...rest })
  expect(await parsed(threads.get(project, namesIt.id))).toEqual(namesIt)
  expect(await parsed(threads.get(project, hasOther.id))).toEqual(hasOther)
  expect(await blobsIn(opened.folder)).toEqual([kept])
})

test('what is not there is not found, in the words of the original', async () => {
  await using opened = await openResources()
  const { files } = opened
  const missing = (id: string) => ({ status: 404, message: `No such File object: ${id}`, param: 'id', code: null })
  await expect(files.get(project, 'fake_id')).rejects.toMatchObject(missing('fake_id'))
  await expect(files.content(project, '../../fake')).rejects.toMatchObject(missing('../../fake'))
  await expect(files.remove(project, 'fake_id')).rejects.toMatchObject(missing('fake_id'))
  const id = await uploadFile(opened)
  await expect(files.get('other', id)).rejects.toMatchObject(missing(id))
  await expect(files.content('other', id)).rejects.toMatchObject(missing(id))
  await expect(files.remove('other', id)).rejects.toMatchObject(missing(id))
})

test('expired files go, and only those', async () => {
  await using opened = await openResources()
  const { files, clock } = opened
  const forever = await uploadFile(opened)
  const { id, expires_at } = await parsed(files.create(project, upload('assistants', hour)))
  clock.now = expires_at - 1
  expect(await files.removeExpired(project, id)).toBe(false)
  clock.now = expires_at
  expect(await files.removeExpired(project, forever)).toBe(false)
  expect(await files.removeExpired(project, id)).toBe(true)
  expect(await files.removeExpired(project, id)).toBe(false)
  expect(await blobsIn(opened.folder)).toEqual([forever])
  await expect(files.get(project, id)).rejects.toMatchObject({ status: 404 })
})
