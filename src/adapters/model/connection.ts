// By its file: under the bare name Bun has a part of its own, which cannot do what is needed here.
import { Agent, type Dispatcher, errors } from 'undici/index.js'
import { cutShort, type FailureContext, silent, UpstreamFailure } from './upstream-failure.ts'

/** The HTTP side of one upstream: its address, key and sockets. */
export interface Connection {
  /** For people: host and port. */
  readonly host: string
  /** Rejects with `UpstreamFailure` when no answer came, or with the signal's reason. Any status is an answer. */
  send(request: OutgoingRequest): Promise<Dispatcher.ResponseData>
  /** For failures that concern this model; the service is chat completions unless the caller says otherwise. */
  context(model: string): FailureContext
  /** What to throw for an error met while the answer was read: a failure if the socket was the cause, else itself. */
  translate(error: unknown, model: string): unknown
  close(): Promise<void>
}

export interface OutgoingRequest {
  readonly method: 'GET' | 'POST'
  /** After the base URL: `/chat/completions`. */
  readonly path: string
  readonly body?: string
  readonly headers?: Record<string, string>
  readonly model: string
  readonly signal: AbortSignal
}

export interface ConnectionOptions {
  /** The base URL, its `/v1` included. */
  readonly url: string
  readonly key: string | null
  /** Milliseconds that the upstream may stay silent, before its answer or in the middle of it. */
  readonly idleTimeout: number
  /** Milliseconds. */
  readonly connectTimeout?: number
}

/**
 * Each connection has sockets of its own, as many as there are requests under way. HTTP/1.1 only: an aborted request
 * then closes its socket, which every server understands as the end of its work.
 */
export function openConnection({ url, key, idleTimeout, connectTimeout = 10_000 }: ConnectionOptions): Connection {
  const base = new URL(url)
  const prefix = base.pathname.replace(/\/+$/, '')
  const agent = new Agent({
    allowH2: false,
    connections: null,
    connect: { timeout: connectTimeout },
    headersTimeout: idleTimeout,
    bodyTimeout: idleTimeout,
  })
  const who = `The upstream at ${base.host}`
  const context = (model: string): FailureContext => ({ who, secret: key, model, service: 'chat completions' })

  async function send({ method, path, body, headers, model, signal }: OutgoingRequest) {
    signal.throwIfAborted()
    try {
      const response = await agent.request({
        origin: base.origin,
        path: prefix + path + base.search,
        method,
        headers: { ...headers, 'user-agent': 'reprise', ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
        body: body ?? null,
        signal,
      })
      // Whoever reads the body meets its errors; one that is left early fails too, with nobody there to hear it.
      response.body.on('error', () => {})
      return response
    } catch (error) {
      signal.throwIfAborted()
      throw isTimeout(error) ? silent(context(model), idleTimeout, error) : unreachable(context(model), error)
    }
  }

  return {
    host: base.host,
    context,
    send,
    translate(error, model) {
      if (isTimeout(error)) return silent(context(model), idleTimeout, error)
      return error instanceof Error && 'code' in error ? cutShort(context(model), error) : error
    },
    close: () => agent.destroy(),
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError
}

function unreachable({ who }: FailureContext, cause: unknown): UpstreamFailure {
  const message = `${who} could not be reached (${reasonOf(cause)}). The operator of this server has to check that it runs and that its address is right.`
  return new UpstreamFailure('server_error', message, { retryable: true, cause })
}

/** `ECONNREFUSED`, or whatever the library calls it; its message would repeat addresses. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason'
  if ('code' in error && typeof error.code === 'string') return error.code
  return error.cause === undefined ? error.name : reasonOf(error.cause)
}

/** The answer's text, read no further than `limit` characters; for errors and model lists. */
export async function readText(body: Dispatcher.ResponseData['body'], limit: number): Promise<string> {
  let text = ''
  body.setEncoding('utf8')
  for await (const piece of body) {
    text += piece
    if (text.length > limit) break // leaving the loop closes the socket
  }
  return text
}

/** One header, the first where it was sent several times. */
export function headerOf({ headers }: Dispatcher.ResponseData, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}
