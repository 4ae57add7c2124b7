import { type ApiError, badRequest } from '../api/error.ts'
import { isTooDeep, maxNesting } from '../lib/nesting.ts'
import { unsupportedContentType } from './errors.ts'
import { becauseBrokenOff, limitedBody } from './limited-body.ts'

/** 32 MiB: a thread with a hundred messages of the greatest length fits, and one request cannot fill the memory. */
export const maxJsonBytes = 32 * 1024 * 1024

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The JSON value that a request carries; no body at all reads as `{}`. Throws `ApiError` 400, 413 or 415. */
export async function readJson(request: Request): Promise<unknown> {
  const text = await readText(request, maxJsonBytes)
  if (text === '') return {}
  requireJsonType(request.headers.get('content-type') ?? '')
  const value = parseJson(text)
  if (isTooDeep(value)) {
    throw badRequest(`The JSON body of your request is nested too deeply: ${maxNesting} levels are the most.`)
  }
  if (text.includes('__proto__')) JSON.parse(text, refuseProto)
  return value
}

/** Validation leaves a key of this name out without a word, and metadata would lose it. */
function refuseProto(key: string, value: unknown): unknown {
  if (key !== '__proto__') return value
  throw badRequest(`Unknown parameter: '${key}'.`, { param: key, code: 'unknown_parameter' })
}

/**
 * The body as text. One that declares its length comes in one piece, which is the short way; one that does not is
 * counted as it comes. Throws `ApiError` 400, also for bytes that are no UTF-8, or 413.
 */
export async function readText(request: Request, maxBytes: number): Promise<string> {
  const declared = request.headers.get('content-length')
  if (declared !== null && Number(declared) <= maxBytes) {
    return decode(await request.arrayBuffer().catch(becauseBrokenOff))
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of limitedBody(request, maxBytes)) chunks.push(chunk)
  return decode(Buffer.concat(chunks))
}

function decode(bytes: ArrayBuffer | Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw malformedJson()
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw malformedJson()
  }
}

/** `application/json`, `application/*+json`, or nothing said. */
function requireJsonType(contentType: string): void {
  if (contentType === '' || /^application\/([\w.-]+\+)?json\s*(;|$)/i.test(contentType)) return
  throw unsupportedContentType(contentType, 'application/json')
}

function malformedJson(): ApiError {
  return badRequest(
    'We could not parse the JSON body of your request. (HINT: This likely means you ' +
      "aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not " +
      'valid JSON.)',
  )
}
