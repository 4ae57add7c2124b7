import { createReadStream } from 'node:fs'
import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Uploadable } from 'openai'
import { describe, expect, test } from 'vitest'
import { type ClientMajor, clientMajors } from './clients.ts'
import { openScene } from './scene.ts'

const text = 'Grüezi, Welt\n'.repeat(1000)
const bytes = Buffer.byteLength(text)

describe.each(clientMajors)('$name', (major) => {
  test('files: every way of creating one, retrieve, list, content, waiting, delete', async () => {
    await using scene = await openScene(major)
    await using folder = await mkdtempDisposable(join(tmpdir(), 'reprise-compat-'))
    const { files } = scene.client
    const created = []
    for (const file of await uploadables(major, join(folder.path, 'from-disk.jsonl'))) {
      created.push(await files.create({ file, purpose: 'fine-tune' }))
    }
    expect(created.map(({ filename }) => filename)).toEqual([
      'from-disk.jsonl',
      'blob.jsonl',
      'bytes.jsonl',
      'zürich.jsonl',
    ])
    for (const file of created) {
      expect(file).toMatchObject({ object: 'file', bytes, purpose: 'fine-tune', status: 'processed' })
      expect(await files.retrieve(file.id)).toEqual(file)
      const content = await files.content(file.id)
      expect(await content.text()).toBe(text)
      expect(await files.waitForProcessing(file.id)).toEqual(file)
    }
    const other = await files.create({ file: await major.toFile(Buffer.from('x'), 'x.txt'), purpose: 'user_data' })
    expect((await files.list()).data).toEqual([other, ...created.toReversed()])
    expect((await files.list({ purpose: 'user_data' })).data).toEqual([other])
    expect(await files.delete(other.id)).toEqual({ id: other.id, object: 'file', deleted: true })
    await expect(files.retrieve(other.id)).rejects.toThrow(`404 No such File object: ${other.id}`)
  })

  test('files of purpose assistants are kept to the assistants', async () => {
    await using scene = await openScene(major)
    const { files } = scene.client
    const file = await files.create({ file: await major.toFile(Buffer.from('secret'), 's.txt'), purpose: 'assistants' })
    await expect(files.content(file.id)).rejects.toThrow('400 Not allowed to download files of purpose: assistants')
  })

  test('uploads: create, parts in any order, complete, cancel', async () => {
    await using scene = await openScene(major)
    const { uploads, files } = scene.client
    const body = { filename: 'poem.jsonl', purpose: 'fine-tune' as const, mime_type: 'text/jsonl' }
    const upload = await uploads.create({ ...body, bytes: 10 })
    expect(upload).toMatchObject({ object: 'upload', status: 'pending', bytes: 10, filename: 'poem.jsonl' })
    const [world, hello] = await Promise.all([
      uploads.parts.create(upload.id, { data: await major.toFile(Buffer.from('world'), 'part') }),
      uploads.parts.create(upload.id, { data: await major.toFile(Buffer.from('hello'), 'part') }),
    ])
    expect(world).toMatchObject({ object: 'upload.part', upload_id: upload.id })
    const completed = await uploads.complete(upload.id, { part_ids: [hello.id, world.id] })
    expect(completed).toMatchObject({ status: 'completed', file: { filename: 'poem.jsonl', bytes: 10 } })
    expect(await (await files.content(completed.file?.id ?? '')).text()).toBe('helloworld')
    await expect(uploads.cancel(upload.id)).rejects.toBeInstanceOf(major.errors.BadRequestError)

    const dropped = await uploads.create({ ...body, bytes: 3 })
    expect(await uploads.cancel(dropped.id)).toMatchObject({ id: dropped.id, status: 'cancelled' })
  })
})

/** The same text as a stream from disk, a web file, bytes and a buffer. */
async function uploadables({ toFile }: ClientMajor, path: string): Promise<Uploadable[]> {
  await writeFile(path, text)
  return [
    createReadStream(path),
    new File([text], 'blob.jsonl', { type: 'application/jsonl' }),
    await toFile(new TextEncoder().encode(text), 'bytes.jsonl'),
    await toFile(Buffer.from(text), 'zürich.jsonl'),
  ]
}
