import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { z } from 'zod'
import { ApiError, badRequest } from '../../api/error.ts'
import { isTooDeep, maxNesting } from '../../lib/nesting.ts'
import type { PassThrough } from '../../ports/model.ts'
import { type Connection, headerOf } from './connection.ts'
import { UpstreamFailure } from './upstream-failure.ts'

const requestHeaders = ['content-type', 'accept', 'openai-beta', 'idempotency-key', 'traceparent']
const answerHeaders = ['content-type', 'retry-after', 'retry-after-ms']

/**
 * Hands a request to the upstream as it is, with the upstream's key in place of the client's. Its answer comes back as
 * it is too, an error included; nothing is tried twice, since clients do that themselves.
 */
export function forwardOver(connection: Connection): PassThrough['forward'] {
  return async (path, { body, headers, signal }) => {
    const { model } = readModel(body)
    try {
      const sent = { method: 'POST' as const, path, body, headers: picked(headers), model, signal }
      return toResponse(await connection.send(sent))
    } catch (error) {
      if (!(error instanceof UpstreamFailure)) throw error
      throw new ApiError({ status: 502, type: 'server_error', message: error.message, code: 'upstream_unreachable' })
    }
  }
}

/** The part of a request that decides where it goes. */
const addressed = z.looseObject({ model: z.string().min(1) })

/** The request's model and all of its fields. Throws a 400 in the original's words. */
export function readModel(body: string): z.infer<typeof addressed> {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    throw badRequest(
      "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
    )
  }
  if (isTooDeep(value)) {
    throw badRequest(`The JSON body of your request is nested too deeply: ${maxNesting} levels are the most.`)
  }
  const request = addressed.safeParse(value)
  if (request.success) return request.data
  throw badRequest('you must provide a model parameter', { param: 'model' })
}

/** The text with another model name; the same text when it has that name already. */
export function withModel(body: string, name: string): string {
  const request = readModel(body)
  return request.model === name ? body : JSON.stringify({ ...request, model: name })
}

function picked(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => requestHeaders.includes(name)))
}

function toResponse(answer: Dispatcher.ResponseData): Response {
  const headers = new Headers()
  for (const name of answerHeaders) {
    const value = headerOf(answer, name)
    if (value !== undefined) headers.set(name, value)
  }
  return new Response(Readable.toWeb(answer.body), { status: answer.statusCode, headers })
}
