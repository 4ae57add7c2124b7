import type { Log } from '../../lib/log.ts'
import type { S3Client } from './s3-client.ts'
import { S3Failure } from './s3-failure.ts'
import { elementOf } from './xml.ts'

/** An object on its way into the bucket, part by part; nobody sees it before `complete`. */
export interface Upload {
  /** Resolves when there is room for another part; rejects when one of those before could not be sent. */
  add(bytes: Uint8Array): Promise<void>
  /** Rejects when there is an object of that name already. */
  complete(): Promise<void>
  /** Gives it up. Parts that the service would not throw away are logged: they take room until somebody does. */
  abort(): Promise<void>
}

const partsAtOnce = 2

/** Begins an upload of more than one part. */
export async function startUpload(client: S3Client, { key, log }: { key: string; log: Log }): Promise<Upload> {
  const started = await client.ask({ method: 'POST', key, query: { uploads: '' }, expects: 'UploadId' })
  const uploadId = elementOf(started.text, 'UploadId') ?? ''
  const aborting = new AbortController() // which ends attempts, not those under way
  const sent: Promise<string>[] = []
  const underWay = new Set<Promise<void>>()
  let bytes = 0

  async function add(body: Uint8Array) {
    bytes += body.byteLength
    const query = { partNumber: String(sent.length + 1), uploadId }
    const part = client.ask({ method: 'PUT', key, query, body, signal: aborting.signal }).then(({ etag }) => etag)
    const done: Promise<void> = part.then(() => void underWay.delete(done))
    // Whoever adds the next part, or completes, meets the failure; until then nobody listens.
    done.catch(() => {})
    sent.push(part)
    underWay.add(done)
    if (underWay.size >= partsAtOnce) await Promise.race(underWay)
  }

  async function complete() {
    const body = Buffer.from(listOf(await Promise.all(sent)))
    try {
      await client.ask({ method: 'POST', key, query: { uploadId }, body, ifAbsent: true })
    } catch (error) {
      if (!(await wasCompleted(error))) throw error
    }
  }

  /** When the answer to a first attempt was lost, the next one finds no upload, but the object. */
  async function wasCompleted(error: unknown): Promise<boolean> {
    if (!(error instanceof S3Failure) || error.code !== 'NoSuchUpload') return false
    return (await client.ask({ method: 'HEAD', key })).bytes === bytes
  }

  async function abort() {
    aborting.abort()
    // A part that is still on its way when its upload ends would stay, even when we have hung up.
    await Promise.allSettled(sent)
    try {
      await client.ask({ method: 'DELETE', key, query: { uploadId } })
    } catch (error) {
      log.warn({ key, err: error }, 'parts of an upload that was given up stay in the bucket')
    }
  }

  return { add, complete, abort }
}

function listOf(etags: readonly string[]): string {
  const parts = etags.map((etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`)
  return `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`
}
