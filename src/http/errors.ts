import { ApiError } from '../api/error.ts'
import type { Log } from '../lib/log.ts'
import { StoreUnreachable } from '../ports/store.ts'
import { type Exchange, reply } from './exchange.ts'

/**
 * The one place where an error becomes a reply. An `ApiError` is told as it is; anything else is logged, once, and
 * told as a 500 that gives nothing away.
 */
export function replyToError(
  error: unknown,
  { exchange, log, detail = false }: { exchange: Exchange; log: Log; detail?: boolean },
): Response {
  const told = toApiError(error)
  if (told !== error) log.error({ err: error, request_id: exchange.request_id }, 'request failed')
  const allow = told instanceof MethodNotAllowed ? { headers: { allow: told.allow.join(', ') } } : {}
  return reply(exchange, errorBody(told, { detail }), { status: told.status, ...allow })
}

/** What the client may know of an error. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof StoreUnreachable) return unavailable()
  return new ApiError({
    status: 500,
    message: 'The server had an error while processing your request. Sorry about that!',
    type: 'server_error',
  })
}

/** 503, which clients try again: the database is away, and nobody knows for how long. */
function unavailable(): ApiError {
  const message = 'The server cannot reach its database at the moment. Please try again in a few seconds.'
  return new ApiError({ status: 503, message, type: 'server_error' })
}

/** `detail` is the sibling that the original adds on its files endpoints. */
function errorBody(error: ApiError, { detail }: { detail: boolean }): string {
  const envelope = error.toEnvelope()
  if (!detail) return JSON.stringify(envelope)
  return JSON.stringify({ ...envelope, detail: { message: error.message, code: error.code } })
}

/** 404: no such route. */
export function unknownUrl(method: string, path: string): ApiError {
  return new ApiError({ status: 404, message: `Invalid URL (${method} ${path})` })
}

/** 405: the path exists, with other methods. */
export class MethodNotAllowed extends ApiError {
  readonly allow: readonly string[]

  constructor(method: string, path: string, allow: readonly string[]) {
    super({
      status: 405,
      message: `Not allowed to ${method} on ${path}. (HINT: Perhaps you meant to use a different HTTP method?)`,
      code: 'method_not_supported',
    })
    this.allow = allow
  }
}

/** 413: `maxBytes` is what we would have taken. */
export function tooLarge(maxBytes: number): ApiError {
  return new ApiError({
    status: 413,
    message: `The request body is too large: at most ${maxBytes} bytes are accepted.`,
  })
}

/** 400: the client went away, or its connection broke, before it had its reply. Nobody reads this one. */
export function brokenOff(cause: unknown): ApiError {
  const error = new ApiError({
    status: 400,
    message: 'The connection ended before the request was answered.',
  })
  error.cause = cause
  return error
}

/** 415: the body is of another kind than the endpoint takes; `given` is empty when the request does not say. */
export function unsupportedContentType(given: string, accepted: string): ApiError {
  const code = 'unsupported_content_type'
  const only = `This API method only accepts '${accepted}' requests, but you specified`
  const message =
    given === ''
      ? `Missing content type. ${only} none. Please try again with the header 'Content-Type: ${accepted}'.`
      : `Unsupported content type: '${given}'. ${only} the header 'Content-Type: ${given}'. Please try again with a supported content type.`
  return new ApiError({ status: 415, message, code })
}
