import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { openResources, parsed, piecesOf, project } from '../../test/support/open-resources.ts'
import type { CreateUploadRequest } from '../api/file.ts'

let opened: Awaited<ReturnType<typeof openResources>>

beforeEach(async () => {
  opened = await openResources()
  onTestFinished(() => opened[Symbol.asyncDispose]())
})

function create(request: Partial<CreateUploadRequest> = {}) {
  const usual = { filename: 'a.jsonl', purpose: 'fine-tune' as const, bytes: 8, mime_type: 'text/jsonl' }
  return parsed(opened.uploads.create(project, { ...usual, ...request }))
}

async function addPart(upload_id: string, content: string): Promise<string> {
  return (await parsed(opened.uploads.addPart(project, upload_id, piecesOf(content)))).id
}

async function blobs(): Promise<string[]> {
  const names = await readdir(join(opened.folder, 'blobs'), { recursive: true })
  return names.flatMap((name) => name.split('/')[1] ?? [])
}

test('a new upload is pending for an hour and shows no file', async () => {
  expect(await create()).toEqual({
    id: expect.stringMatching(/^upload_[a-f0-9]{32}$/),
    object: 'upload',
    bytes: 8,
    created_at: opened.clock.now,
    filename: 'a.jsonl',
    purpose: 'fine-tune',
    status: 'pending',
    expires_at: opened.clock.now + 3600,
  })
})

test('parts that came at the same time become one file, in the order that is named', async () => {
  const upload = await create({ expires_after: { anchor: 'created_at', seconds: 7200 } })
  const [world, hello, unused] = await Promise.all([
    addPart(upload.id, 'orld'),
    addPart(upload.id, 'hello w'),
    addPart(upload.id, 'unused'),
  ])
  const h = await addPart(upload.id, 'hell')
  expect(unused).toMatch(/^part_[a-f0-9]{32}$/)
  opened.clock.now += 60
  const completed = await parsed(opened.uploads.complete(project, upload.id, { part_ids: [h, world] }))
  expect(completed).toEqual({
    ...upload,
    status: 'completed',
    file: {
      id: expect.stringMatching(/^file-/),
      object: 'file',
      purpose: 'fine-tune',
      filename: 'a.jsonl',
      bytes: 8,
      created_at: upload.created_at,
      expires_at: upload.created_at + 7200,
      status: 'processed',
      status_details: null,
    },
  })
  const { data } = await opened.files.content(project, completed.file.id)
  expect(await new Response(data).text()).toBe('hellorld')
  expect(await parsed(opened.files.get(project, completed.file.id))).toEqual(completed.file)
  expect(hello).not.toBe(unused)
  expect(await blobs()).toEqual([completed.file.id])
})

test('a part names its upload', async () => {
  const { id } = await create()
  opened.clock.now += 1
  expect(await parsed(opened.uploads.addPart(project, id, piecesOf('part')))).toEqual({
    id: expect.stringMatching(/^part_/),
    object: 'upload.part',
    created_at: opened.clock.now,
    upload_id: id,
  })
})

test('completes only with parts of its own that have the size and the MD5 promised', async () => {
  const { id } = await create()
  const [a, b] = [await addPart(id, '1234'), await addPart(id, '5678')]
  const foreign = await addPart((await create()).id, '5678')
  const complete = (part_ids: string[], md5?: string) => opened.uploads.complete(project, id, { part_ids, md5 })
  await expect(complete([a])).rejects.toMatchObject({
    status: 400,
    message: 'The parts have 4 bytes together, but the upload was created for 8 bytes.',
    param: 'part_ids',
  })
  await expect(complete([a, a])).rejects.toMatchObject({ status: 400, message: expect.stringContaining('twice') })
  await expect(complete([a, foreign])).rejects.toMatchObject({
    status: 404,
    message: `No upload part found with id '${foreign}'.`,
  })
  await expect(complete([a, 'part_x'])).rejects.toMatchObject({ status: 404 })
  const wrong = createHash('md5').update('87654321').digest('hex')
  await expect(complete([a, b], wrong)).rejects.toMatchObject({ status: 400, param: 'md5' })
  expect((await parsed(opened.files.list(project, { limit: 10, order: 'desc' }))).data).toEqual([])
  expect(await blobs()).toHaveLength(3)
  const right = createHash('md5').update('12345678').digest('hex').toUpperCase()
  expect(await parsed(complete([a, b], right))).toMatchObject({ status: 'completed' })
})

test('two completions at once make one file', async () => {
  const { id } = await create()
  const part_ids = [await addPart(id, '12345678')]
  const outcomes = await Promise.allSettled([
    opened.uploads.complete(project, id, { part_ids }),
    opened.uploads.complete(project, id, { part_ids }),
  ])
  expect(outcomes.map((outcome) => outcome.status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect(outcomes.find((outcome) => outcome.status === 'rejected')?.reason).toMatchObject({
    status: 400,
    message: "Cannot complete upload with status 'completed'.",
  })
  expect(await blobs()).toHaveLength(1)
})

test('a cancelled upload drops its parts and stays cancelled', async () => {
  const upload = await create()
  const part = await addPart(upload.id, '12345678')
  expect(await parsed(opened.uploads.cancel(project, upload.id))).toEqual({ ...upload, status: 'cancelled' })
  expect(await blobs()).toEqual([])
  await expect(addPart(upload.id, 'x')).rejects.toMatchObject({
    status: 400,
    message: "Cannot add parts to upload with status 'cancelled'.",
  })
  await expect(opened.uploads.complete(project, upload.id, { part_ids: [part] })).rejects.toMatchObject({
    message: "Cannot complete upload with status 'cancelled'.",
  })
  await expect(opened.uploads.cancel(project, upload.id)).rejects.toMatchObject({
    message: "Cannot cancel upload with status 'cancelled'.",
  })
})

test('a part that arrives after the upload was cancelled leaves no bytes', async () => {
  const { id } = await create()
  async function* cancelledMeanwhile() {
    yield Buffer.from('1234')
    await opened.uploads.cancel(project, id)
    yield Buffer.from('5678')
  }
  await expect(opened.uploads.addPart(project, id, cancelledMeanwhile())).rejects.toMatchObject({ status: 400 })
  expect(await blobs()).toEqual([])
})

test('expires after an hour, swept or not', async () => {
  const { id, expires_at } = await create()
  const part = await addPart(id, '12345678')
  opened.clock.now = expires_at - 1
  expect(await opened.uploads.expire(project, id)).toBe(false)
  opened.clock.now = expires_at
  const refused = { status: 400, message: "Cannot complete upload with status 'expired'." }
  await expect(opened.uploads.complete(project, id, { part_ids: [part] })).rejects.toMatchObject(refused)
  expect(await opened.uploads.expire(project, id)).toBe(true)
  expect(await opened.uploads.expire(project, id)).toBe(false)
  await expect(opened.uploads.complete(project, id, { part_ids: [part] })).rejects.toMatchObject(refused)
  expect(await blobs()).toEqual([])
  expect(await opened.uploads.expire(project, 'upload_x')).toBe(false)
})

test('a part has 64 MB at the most', async () => {
  const { id } = await create()
  async function* tooMuch() {
    const megabyte = Buffer.alloc(1024 ** 2)
    for (let count = 0; count < 65; count++) yield megabyte
  }
  await expect(opened.uploads.addPart(project, id, tooMuch())).rejects.toMatchObject({
    status: 413,
    message: 'The data is too large: 64 MB is the most.',
    param: 'data',
  })
  expect(await blobs()).toEqual([])
})

test('knows only the uploads of its project', async () => {
  const { id } = await create()
  const missing = (unknown: string) => ({ status: 404, message: `No upload found with id '${unknown}'.` })
  await expect(opened.uploads.cancel(project, 'upload_x')).rejects.toMatchObject(missing('upload_x'))
  await expect(opened.uploads.cancel('other', id)).rejects.toMatchObject(missing(id))
  await expect(opened.uploads.addPart('other', id, piecesOf('x'))).rejects.toMatchObject(missing(id))
  await expect(opened.uploads.complete('other', id, { part_ids: ['part_x'] })).rejects.toMatchObject(missing(id))
})
