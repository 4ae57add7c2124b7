import { type Connection, headerOf, readText } from '../model/connection.ts'
import { refusalOf } from '../model/refusal.ts'
import { type FailureContext, notAnApi } from '../model/upstream-failure.ts'
import { readReply } from './embedding-reply.ts'
import type { EmbeddingSource } from './source.ts'

const maxLengthPerText = 512 * 1024 // 16,384 dimensions of 20 digits each need less

export interface HttpSourceOptions {
  readonly connection: Connection
  readonly model: string
  /** Sent as `dimensions`; undefined leaves it out. */
  readonly dimensions: number | undefined
  /** Fields of the request that the upstream does not take. */
  readonly drop: readonly string[]
  /** Milliseconds, for dates in `Retry-After`. */
  readonly now: () => number
}

/** Asks an OpenAI-compatible `/v1/embeddings`, one request for each call. */
export function createHttpSource(options: HttpSourceOptions): EmbeddingSource {
  const { connection, model, now } = options
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  const context: FailureContext = { ...connection.context(model), service: 'embeddings' }

  async function embed(texts: readonly string[], { signal }: { signal: AbortSignal }): Promise<Float32Array[]> {
    const body = requestOf(texts, options)
    const response = await connection.send({ method: 'POST', path: '/embeddings', body, headers, model, signal })
    if (response.statusCode !== 200) throw await refusalOf(response, { context, now: now() })
    if (headerOf(response, 'content-type')?.includes('html')) throw notAnApi(context)
    const text = await readText(response.body, texts.length * maxLengthPerText).catch((error: unknown) => {
      signal.throwIfAborted()
      throw connection.translate(error, model)
    })
    return readReply(text, texts.length, context)
  }

  return { model, place: connection.host, embed, close: () => connection.close() }
}

/** Base64 is a third as long as numbers. Servers that do not know it send numbers, which are understood as well. */
function requestOf(texts: readonly string[], { model, dimensions, drop }: HttpSourceOptions): string {
  const input = texts.map((text) => (text === '' ? ' ' : text)) // OpenAI refuses an empty one
  const request = { model, input, encoding_format: 'base64', dimensions }
  return JSON.stringify(Object.fromEntries(Object.entries(request).filter(([name]) => !drop.includes(name))))
}
