import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl'
import { ExtractionFailure } from '../../../ports/extractor.ts'
import { count, damaged, encrypted, tooMuch } from '../failures.ts'
import type { ExtractionLimits } from '../limits.ts'
import { isOutOfMemory } from '../memory.ts'

/** The files in a ZIP archive. Their names are only ever compared, never used as paths. */
export interface Archive {
  has(name: string): boolean
  /** The bytes of a file, which count as unpacked as they come; nothing when there is no such file. */
  read(name: string): AsyncGenerator<Uint8Array>
}

export type ArchiveLimits = Pick<ExtractionLimits, 'entries' | 'unpackedBytes'>

/** Reads the directory of an archive and unpacks nothing. Throws an `ExtractionFailure` when there is none. */
export async function openArchive(bytes: Buffer, limits: ArchiveLimits): Promise<Archive> {
  const { zip, entries } = await readDirectory(bytes, limits)
  let unpacked = 0

  async function* read(name: string): AsyncGenerator<Uint8Array> {
    const entry = entries.get(name)
    if (!entry) return
    if (entry.isEncrypted()) throw encrypted()
    take(0, entry.uncompressedSize)
    let checksum = 0
    for await (const chunk of unpack(zip, entry)) {
      take(chunk.byteLength)
      checksum = crc32(chunk, checksum)
      yield chunk
    }
    if (checksum !== entry.crc32) throw notWhole('wrong checksum')
  }

  /** What the directory announces is refused before it is unpacked; what it does not announce, as it comes. */
  function take(bytes: number, announced = 0): void {
    unpacked += bytes
    if (unpacked + announced > limits.unpackedBytes) {
      throw tooMuch(`unpacks to more than ${count(Math.floor(limits.unpackedBytes / 1024 ** 2))} MB`)
    }
  }
  return { has: (name) => entries.has(name), read }
}

async function readDirectory(bytes: Buffer, limits: ArchiveLimits) {
  const entries = new Map<string, Entry>()
  try {
    const zip = await fromBufferPromise(bytes, { lazyEntries: true, decodeStrings: false })
    if (zip.entryCount > limits.entries) throw tooMuch(`holds more than ${count(limits.entries)} files`)
    for await (const entry of zip.eachEntry()) entries.set(nameOf(entry), entry)
    return { zip, entries }
  } catch (error) {
    throw asDamaged(error)
  }
}

async function* unpack(zip: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  try {
    const stream: Readable = await zip.openReadStreamPromise(entry)
    yield* stream
  } catch (error) {
    throw asDamaged(error)
  }
}

/** Some producers write backslashes, or a slash in front. */
function nameOf(entry: Entry): string {
  return entry.fileNameRaw.toString('utf8').replaceAll('\\', '/').replace(/^\/+/, '')
}

/** The library's complaints are about the document; everything else is passed on. */
function asDamaged(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ExtractionFailure || isOutOfMemory(error)) return error
  return notWhole(error.message)
}

function notWhole(detail: string) {
  return damaged('a whole archive, as this kind of document has to be', detail)
}
