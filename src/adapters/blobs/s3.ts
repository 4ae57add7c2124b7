import { createHash } from 'node:crypto'
import type { Bucket } from '../../lib/blobs-place.ts'
import type { Log } from '../../lib/log.ts'
import { BlobMissing, type Blobs, BlobTooLarge } from '../../ports/blobs.ts'
import { inParts, type Part } from './parts.ts'
import { openS3Client, type S3Client } from './s3-client.ts'
import { S3Failure, untold } from './s3-failure.ts'
import { startUpload, type Upload } from './s3-upload.ts'

/** The service takes no parts below 5 MiB, and some services want all but the last to be of one size. */
const partBytes = 8 * 1024 ** 2

/**
 * Blobs as objects in a bucket, each named by its id behind the prefix. What fits into one part is put in one request;
 * more goes up in parts, a few of which are in memory at a time, and gets its name when all of them are there. Rejects
 * with `S3Failure` when the bucket cannot be listed. Any number of processes may have the same bucket and prefix open.
 */
export async function openS3Blobs(bucket: Bucket, { log }: { log: Log }): Promise<Blobs & AsyncDisposable> {
  const client = openS3Client(bucket)
  const keyOf = (id: string) => bucket.prefix + checked(id)
  await listOne()

  /** Asks for the one right that reading and writing do not, without which what is missing looks forbidden. */
  async function listOne() {
    const query = { 'list-type': '2', 'max-keys': '1', prefix: bucket.prefix }
    await client.ask({ method: 'GET', key: null, query, expects: 'ListBucketResult' })
  }

  async function write(id: string, data: AsyncIterable<Uint8Array>, { maxBytes }: { maxBytes: number }) {
    const measure = measured(data, maxBytes)
    try {
      await store(client, { key: keyOf(id), parts: inParts(measure.data, partBytes), log })
    } catch (error) {
      throw isTaken(error) ? new Error(`there is a blob ${id} already`, { cause: error }) : error
    }
    return measure.result()
  }

  async function read(id: string): Promise<ReadableStream<Uint8Array>> {
    const key = keyOf(id)
    const missing = new BlobMissing(`there is no blob ${id}`)
    try {
      await client.ask({ method: 'HEAD', key })
    } catch (error) {
      if (!isMissing(error)) throw error
      await listOne() // an answer to HEAD does not say whether it is the bucket that is missing
      throw missing
    }
    return ReadableStream.from(bytesOf(client, key, missing))
  }

  async function remove(id: string): Promise<void> {
    try {
      await client.ask({ method: 'DELETE', key: keyOf(id) })
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }

  return { write, read, remove, [Symbol.asyncDispose]: () => client.close() }
}

/** Ids are made here and not by clients; still, one that could lead out of the prefix must never become a name. */
function checked(id: string): string {
  if (!/^[\w-]{4,}$/.test(id)) throw new Error(`not the id of a blob: ${id}`)
  return id
}

function measured(data: AsyncIterable<Uint8Array>, maxBytes: number) {
  const md5 = createHash('md5')
  let bytes = 0
  async function* counted() {
    for await (const chunk of data) {
      bytes += chunk.byteLength
      if (bytes > maxBytes) throw new BlobTooLarge(`more than ${maxBytes} bytes`)
      md5.update(chunk)
      yield chunk
    }
  }
  return { data: counted(), result: () => ({ bytes, md5: md5.digest('hex') }) }
}

async function store(client: S3Client, { key, parts, log }: { key: string; parts: AsyncIterable<Part>; log: Log }) {
  let upload: Upload | undefined
  try {
    for await (const { bytes, isLast } of parts) {
      if (isLast && upload === undefined) return void (await put(client, key, bytes))
      upload ??= await startUpload(client, { key, log })
      await upload.add(bytes)
    }
    await upload?.complete()
  } catch (error) {
    await upload?.abort()
    throw error
  }
}

async function put(client: S3Client, key: string, body: Uint8Array) {
  await client.ask({ method: 'PUT', key, body, ifAbsent: true })
}

/** Asks for the object when it is first read: who asks for a blob and then leaves it alone holds no connection. */
async function* bytesOf(client: S3Client, key: string, missing: BlobMissing): AsyncGenerator<Uint8Array> {
  const body = await client.read(key).catch((error: unknown) => {
    throw isMissing(error) ? missing : error
  })
  yield* body
}

function isTaken(error: unknown): boolean {
  return error instanceof S3Failure && error.status === 412
}

/** A 404 may also be about the bucket, or about the keys. */
function isMissing(error: unknown): boolean {
  return error instanceof S3Failure && error.status === 404 && (error.code === 'NoSuchKey' || error.code === untold)
}
