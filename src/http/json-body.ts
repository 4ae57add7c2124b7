import { type ApiError, badRequest } from '../api/error.ts'
import { brokenOff, tooLarge, unsupportedContentType } from './errors.ts'

/** 32 MiB: a thread with a hundred messages of the greatest length fits, and one request cannot fill the memory. */
export const maxJsonBytes = 32 * 1024 * 1024

/** The JSON value that a request carries; no body at all reads as `{}`. Throws `ApiError` 400, 413 or 415. */
export async function readJson(request: Request): Promise<unknown> {
  const text = await readText(request, maxJsonBytes)
  if (text === '') return {}
  requireJsonType(request.headers.get('content-type'))
  try {
    return JSON.parse(text)
  } catch {
    throw malformedJson()
  }
}

/**
 * The body as text. A declared length is checked before anything is read, and the text comes in one piece; a body
 * that does not say its length is counted as it comes.
 */
async function readText(request: Request, maxBytes: number): Promise<string> {
  const declared = request.headers.get('content-length')
  if (declared === null) return new TextDecoder().decode(await readCounted(request, maxBytes))
  if (Number(declared) > maxBytes) throw tooLarge(maxBytes)
  return request.text().catch(becauseBrokenOff)
}

/** The body as bytes, for those who pass it on. */
export async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const declared = request.headers.get('content-length')
  if (declared === null) return readCounted(request, maxBytes)
  if (Number(declared) > maxBytes) throw tooLarge(maxBytes)
  return new Uint8Array(await request.arrayBuffer().catch(becauseBrokenOff))
}

async function readCounted(request: Request, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw tooLarge(maxBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function becauseBrokenOff(cause: unknown): never {
  throw brokenOff(cause)
}

/** `application/json`, `application/*+json`, or nothing said. */
function requireJsonType(contentType: string | null): void {
  if (contentType === null || /^application\/([\w.-]+\+)?json\s*(;|$)/i.test(contentType)) return
  throw unsupportedContentType(contentType, 'application/json')
}

function malformedJson(): ApiError {
  return badRequest(
    'We could not parse the JSON body of your request. (HINT: This likely means you ' +
      "aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not " +
      'valid JSON.)',
  )
}
