import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createExtractor } from '../../src/adapters/extraction/create-extractor.ts'
import { type FoundWall, findWall } from '../../src/adapters/extraction/find-wall.ts'
import type { ExtractionLimits } from '../../src/adapters/extraction/limits.ts'
import type { Log } from '../../src/lib/log.ts'
import type { Section } from '../../src/ports/extractor.ts'

/** A log that nobody reads. */
export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }

let wall: Promise<FoundWall> | undefined

/** The wall of this machine, looked for once. */
export function ownWall(): Promise<FoundWall> {
  wall ??= findWall({ signal: AbortSignal.timeout(60_000) })
  return wall
}

/** The bytes of a document in `documents`, by the name that it has for the extractor. */
export function documentFile(name: string): Promise<Buffer> {
  const isText = name.endsWith('.md') || name.endsWith('.html')
  return readFile(join(import.meta.dirname, 'documents', isText ? `${name}.txt` : name))
}

/** A stream that brings bytes in chunks of some size. */
export function streamOf(data: string | Uint8Array, chunkBytes = 64 * 1024): ReadableStream<Uint8Array> {
  const bytes = Buffer.from(data)
  let from = 0
  return new ReadableStream({
    pull(controller) {
      if (from >= bytes.length) controller.close()
      else controller.enqueue(bytes.subarray(from, from + chunkBytes))
      from += chunkBytes
    },
  })
}

/** The sections of a document, by an extractor of its own. */
export async function extract(
  filename: string,
  data: string | Uint8Array | ReadableStream<Uint8Array>,
  limits: Partial<ExtractionLimits> = {},
): Promise<Section[]> {
  const extractor = createExtractor({ limits, log: silent, wall: ownWall })
  try {
    const stream = data instanceof ReadableStream ? data : streamOf(data)
    return await extractor.extract({ filename, data: stream }, { signal: AbortSignal.timeout(60_000) })
  } finally {
    await extractor.close()
  }
}
