import { readSync } from 'node:fs'
import { whenReady } from './when-ready.ts'

const chunkBytes = 64 * 1024

/** The document on stdin. The child has nothing else to do, so it may wait for it. */
export async function* readInput(): AsyncGenerator<Uint8Array> {
  for (;;) {
    const chunk = Buffer.allocUnsafeSlow(chunkBytes)
    const length = readChunk(chunk)
    if (length === 0) return
    yield chunk.subarray(0, length)
  }
}

function readChunk(chunk: Buffer): number {
  try {
    return whenReady(() => readSync(0, chunk))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EOF') return 0 // as Windows says it
    throw error
  }
}
