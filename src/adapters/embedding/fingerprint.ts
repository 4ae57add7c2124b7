import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'

const sample = 1024 * 1024

/** Tells one large file from another, wherever it lies, by its size, start, middle and end. */
export async function fingerprint(path: string): Promise<string> {
  await using file = await open(path)
  const { size } = await file.stat()
  const hash = createHash('sha256').update(String(size))
  for (const start of [0, size / 2, size - sample]) hash.update(await read(file, Math.max(0, Math.floor(start))))
  return hash.digest('hex').slice(0, 12)
}

async function read(file: FileHandle, position: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(sample), 0, sample, position)
  return buffer.subarray(0, bytesRead)
}
