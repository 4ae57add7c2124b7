import { createHash } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { AwsV4Signer } from 'aws4fetch'
import { Agent, type Dispatcher } from 'undici'
import type { Bucket } from '../../lib/blobs-place.ts'
import { bucketUrl } from './bucket-url.ts'
import { refused, S3Failure, type Service, strange, unreachable } from './s3-failure.ts'

/** Requests about one bucket: signed, sent again where that can help, their failures put into words. */
export interface S3Client {
  /** Rejects with `S3Failure`. */
  ask(request: S3Request): Promise<S3Answer>
  /** The bytes of an object, which come as they are read. Both this and they reject with `S3Failure`. */
  read(key: string): Promise<AsyncGenerator<Uint8Array>>
  close(): Promise<void>
}

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  /** Null for the bucket itself. */
  readonly key: string | null
  readonly query?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Whether it is to be refused, with status 412, when there is an object of that name. */
  readonly ifAbsent?: boolean
  /** What the document in the answer is called. */
  readonly expects?: string
  /** Once it is aborted no further attempt is made; the one under way is waited for. */
  readonly signal?: AbortSignal
}

export interface S3Answer {
  readonly text: string
  readonly etag: string
  /** What the answer's header says of its length. */
  readonly bytes: number
}

const attempts = 5
const firstWait = 100 // milliseconds, doubled each time
const connectTimeout = 5_000
const silenceTimeout = 60_000

/** Opens no connection before the first request. */
export function openS3Client(bucket: Bucket): S3Client {
  const base = bucketUrl(bucket)
  const service: Service = { host: base.host, bucket: bucket.bucket, region: bucket.region }
  const sign = createSigner(bucket)
  const agent = new Agent({
    allowH2: false,
    connections: null,
    connect: { timeout: connectTimeout },
    headersTimeout: silenceTimeout,
    bodyTimeout: silenceTimeout,
  })

  async function send(request: S3Request, ifAbsent: boolean): Promise<Dispatcher.ResponseData> {
    const { method, key, query, body = null } = request
    const url = new URL(key ?? '', base)
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value)
    const headers = await sign({ method, url, body, headers: ifAbsent ? { 'if-none-match': '*' } : {} })
    const path = url.pathname + url.search
    const answer = await agent.request({ origin: url.origin, path, method, headers, body }).catch((error: unknown) => {
      throw unreachable(service, error)
    })
    // Whoever reads the body meets its errors; one that is left early fails too, with nobody there to hear it.
    answer.body.on('error', () => {})
    if (answer.statusCode >= 300) throw refused(service, answer, await textOf(answer))
    return answer
  }

  async function textOf({ body }: Dispatcher.ResponseData): Promise<string> {
    return body.text().catch((error: unknown) => {
      throw unreachable(service, error)
    })
  }

  async function ask(request: S3Request): Promise<S3Answer> {
    return retrying(request, async (ifAbsent) => {
      const answer = await send(request, ifAbsent)
      const text = await textOf(answer)
      // The service may start to answer, with 200, before it knows whether it can join the parts of an upload.
      if (/<Error[\s>]/.test(text)) throw refused(service, answer, text)
      if (!text.includes(`<${request.expects ?? ''}`) && request.expects !== undefined) throw strange(service)
      return { text, etag: headerOf(answer, 'etag'), bytes: Number(headerOf(answer, 'content-length')) }
    })
  }

  async function read(key: string): Promise<AsyncGenerator<Uint8Array>> {
    const request = { method: 'GET', key } as const
    const { body } = await retrying(request, () => send(request, false))
    return translated(body, (error) => unreachable(service, error))
  }

  return { ask, read, close: () => agent.destroy() }
}

interface Unsigned {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | null
}

/** Signs the body too, so that the service turns away what was changed on its way, with TLS or without. */
function createSigner({ region, keys: { accessKeyId, secretAccessKey, sessionToken } }: Bucket) {
  const cache = new Map<string, ArrayBuffer>()
  const keys = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
  return async ({ method, url, headers, body }: Unsigned): Promise<Record<string, string>> => {
    const sha256 = createHash('sha256')
      .update(body ?? '')
      .digest('hex')
    const all = { ...headers, 'x-amz-content-sha256': sha256 }
    const signer = new AwsV4Signer({ method, url: url.href, headers: all, service: 's3', region, cache, ...keys })
    return Object.fromEntries((await signer.sign()).headers)
  }
}

/**
 * Makes attempts until one succeeds, fails for good or there have been enough. Only the first asks for `ifAbsent`: when
 * its answer is lost, what the next would find may be what it stored itself; and there are services that do not know
 * the condition and say so.
 */
async function retrying<Result>(
  { ifAbsent = false, signal }: S3Request,
  attempt: (ifAbsent: boolean) => Promise<Result>,
): Promise<Result> {
  let condition = ifAbsent
  for (let wait = firstWait; ; wait *= 2) {
    try {
      return await attempt(condition)
    } catch (error) {
      const isLast = wait >= firstWait * 2 ** (attempts - 1)
      if (isLast || !isWorthAnother(error, condition) || signal?.aborted) throw error
      condition &&= error.code === 'ConditionalRequestConflict'
      // Half of it at random: those that failed together are not to come back together.
      await setTimeout(wait * (0.5 + Math.random() / 2))
    }
  }
}

function isWorthAnother(error: unknown, condition: boolean): error is S3Failure {
  return error instanceof S3Failure && (error.retryable || (error.status === 501 && condition))
}

async function* translated(data: AsyncIterable<Uint8Array>, translate: (error: unknown) => Error) {
  try {
    yield* data
  } catch (error) {
    throw translate(error)
  }
}

function headerOf({ headers }: Dispatcher.ResponseData, name: string): string {
  const value = headers[name]
  return (Array.isArray(value) ? value[0] : value) ?? ''
}
