import { newId } from '../lib/id.ts'
import { LightResponse } from './light-response.ts'

/** One request on its way to its reply. */
export interface Exchange {
  readonly request_id: string
  /** `performance.now()` when the request came in. */
  readonly started: number
}

export function beginExchange(): Exchange {
  return { request_id: newId('request'), started: performance.now() }
}

/**
 * The reply to an exchange. Headers stay a plain object: the Node server writes them as they are, while a `Headers`
 * costs more than the rest of the reply.
 */
export function reply(
  { request_id, started }: Exchange,
  text: string,
  { status = 200, headers }: { status?: number; headers?: Record<string, string> } = {},
): Response {
  return new LightResponse(text, {
    status,
    headers: {
      'content-type': 'application/json',
      'openai-version': '2020-10-01',
      'openai-processing-ms': String(Math.round(performance.now() - started)),
      'x-request-id': request_id,
      ...headers,
    },
  })
}

/** Puts the headers that every reply has onto one that a handler made itself; its headers must be changeable. */
export function stamp({ request_id, started }: Exchange, response: Response): Response {
  response.headers.set('openai-version', '2020-10-01')
  response.headers.set('openai-processing-ms', String(Math.round(performance.now() - started)))
  response.headers.set('x-request-id', request_id)
  return response
}
