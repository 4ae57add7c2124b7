import { readSync } from 'node:fs'
import { whenReady } from './when-ready.ts'

const chunkBytes = 64 * 1024

/** The document on stdin, in full chunks. The child has nothing else to do, so it may wait for it. */
export async function* readInput(): AsyncGenerator<Uint8Array> {
  for (;;) {
    const chunk = Buffer.allocUnsafeSlow(chunkBytes)
    const length = fill(chunk)
    if (length > 0) yield chunk.subarray(0, length)
    if (length < chunkBytes) return
  }
}

/** Reads until the chunk is full or the document ends: what comes in small pieces must not take a chunk for each. */
function fill(chunk: Buffer): number {
  let length = 0
  while (length < chunkBytes) {
    const read = readSome(chunk, length)
    if (read === 0) break
    length += read
  }
  return length
}

function readSome(chunk: Buffer, from: number): number {
  try {
    return whenReady(() => readSync(0, chunk, { offset: from }))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EOF') return 0 // as Windows says it
    throw error
  }
}
