import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BlobMissing, type Blobs, BlobTooLarge } from '../../ports/blobs.ts'

/**
 * Blobs as files in `folder`, which is made if it is not there: each in a subfolder named by the last two characters of
 * its id. A blob is written to `incoming` and flushed before it gets its name, so a name stands for all of the bytes;
 * what a crash left in `incoming` is thrown away here, once it is so old that no other process can be writing it. Any
 * number of processes may have the folder open.
 */
export async function openDiskBlobs(folder: string): Promise<Blobs> {
  const incoming = join(folder, 'incoming')
  await mkdir(incoming, { recursive: true })
  await throwAwayLeftOvers(incoming)

  async function write(id: string, data: AsyncIterable<Uint8Array>, { maxBytes }: { maxBytes: number }) {
    const path = pathOf(folder, id)
    if (await exists(path)) throw new Error(`there is a blob ${id} already`)
    const unfinished = join(incoming, randomUUID())
    try {
      const written = await writeFlushed(unfinished, data, maxBytes)
      await giveName(unfinished, path)
      return written
    } finally {
      await rm(unfinished, { force: true })
    }
  }

  async function read(id: string): Promise<ReadableStream<Uint8Array>> {
    const path = pathOf(folder, id)
    const missing = new BlobMissing(`there is no blob ${id}`)
    if (!(await exists(path))) throw missing
    return ReadableStream.from(bytesOf(path, missing))
  }

  async function remove(id: string): Promise<void> {
    await rm(pathOf(folder, id), { force: true })
  }

  return { write, read, remove }
}

const leftOverAfter = 24 * 3600 * 1000 // milliseconds; clocks may differ where the folder is on a network

async function throwAwayLeftOvers(incoming: string) {
  for (const name of await readdir(incoming)) {
    const path = join(incoming, name)
    const touched = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      (error: unknown) => (isMissing(error) ? null : Promise.reject(error)),
    )
    if (touched !== null && touched < Date.now() - leftOverAfter) await rm(path, { force: true })
  }
}

/** Ids are made here and not by clients; still, one that could lead out of the folder must never become a path. */
function pathOf(folder: string, id: string): string {
  if (!/^[\w-]{4,}$/.test(id)) throw new Error(`not the id of a blob: ${id}`)
  return join(folder, id.slice(-2), id)
}

async function writeFlushed(path: string, data: AsyncIterable<Uint8Array>, maxBytes: number) {
  await using file = await open(path, 'wx')
  const md5 = createHash('md5')
  let bytes = 0
  for await (const chunk of data) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw new BlobTooLarge(`more than ${maxBytes} bytes`)
    md5.update(chunk)
    await file.appendFile(chunk)
  }
  await file.sync()
  return { bytes, md5: md5.digest('hex') }
}

/** Opens the file when it is first read: who asks for a blob and then leaves it alone, as `HEAD` does, holds nothing open. */
async function* bytesOf(path: string, missing: BlobMissing): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path)
  } catch (error) {
    throw isMissing(error) ? missing : error
  }
}

/** Renames, and flushes the folders in which a name is new: without that, a power cut could take the name back. */
async function giveName(unfinished: string, path: string) {
  const shard = dirname(path)
  const isNew = (await mkdir(shard, { recursive: true })) !== undefined
  await rename(unfinished, path)
  await flushFolder(shard)
  if (isNew) await flushFolder(dirname(shard))
}

async function flushFolder(path: string) {
  if (process.platform === 'win32') return // a folder cannot be opened there, and its journal keeps names in order
  await using folder = await open(path)
  await folder.sync()
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    (error: unknown) => (isMissing(error) ? false : Promise.reject(error)),
  )
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
