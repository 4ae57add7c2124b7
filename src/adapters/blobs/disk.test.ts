import { mkdtempDisposable, readdir, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDiskBlobs } from './disk.ts'

const maxBytes = 100

test('keeps each blob under its own name in a subfolder, and finds it after opening again', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'reprise-blobs-'))
  const blobs = await openDiskBlobs(folder.path)
  await blobs.write('file-0123xy', bytes('hello'), { maxBytes })
  expect(await readdir(join(folder.path, 'xy'))).toEqual(['file-0123xy'])
  const again = await openDiskBlobs(folder.path)
  expect(await new Response(await again.read('file-0123xy')).text()).toBe('hello')
})

test('leaves nothing behind when a write fails', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'reprise-blobs-'))
  const blobs = await openDiskBlobs(folder.path)
  await expect(blobs.write('file-0123', bytes('too long'), { maxBytes: 3 })).rejects.toThrow()
  expect(await readdir(folder.path, { recursive: true })).toEqual(['incoming'])
})

test('throws away what a write left that was interrupted two days ago', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'reprise-blobs-'))
  await openDiskBlobs(folder.path)
  const half = join(folder.path, 'incoming', 'half')
  await writeFile(half, 'half of it')
  const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 3600
  await utimes(half, twoDaysAgo, twoDaysAgo)
  await openDiskBlobs(folder.path)
  expect(await readdir(join(folder.path, 'incoming'))).toEqual([])
})

test('leaves alone what another process is writing', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'reprise-blobs-'))
  const blobs = await openDiskBlobs(folder.path)
  async function* interrupted() {
    yield Buffer.from('half ')
    await openDiskBlobs(folder.path)
    yield Buffer.from('and half')
  }
  await blobs.write('file-0123', interrupted(), { maxBytes })
  expect(await new Response(await blobs.read('file-0123')).text()).toBe('half and half')
})

test.each(['../../etc/passwd', 'a/b', '..', 'file-\0aaaa', ''])('never makes a path of %j', async (id) => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'reprise-blobs-'))
  const blobs = await openDiskBlobs(folder.path)
  await expect(blobs.read(id)).rejects.toThrow('not the id of a blob')
  await expect(blobs.write(id, bytes('x'), { maxBytes })).rejects.toThrow('not the id of a blob')
  await expect(blobs.remove(id)).rejects.toThrow('not the id of a blob')
})

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}
