import { at, isObject, type Json, listAt, textAt } from '../support/json.ts'
import { readEvents } from './events.ts'
import type { Exchange, Recording } from './recordings.ts'

/** What goes over the wire with a request; no content type means no body. */
export interface WireRequest {
  readonly contentType: string | null
  readonly body: string | undefined
}

/**
 * The request of an exchange. The bodies of uploads were not kept: they are made again from what the replies say about
 * them, in the form that the recording client gives them.
 */
export function requestOf(exchange: Exchange, recording: Recording): WireRequest {
  const { request, request_type: contentType } = exchange
  if (contentType === null) return { contentType, body: undefined }
  if (request !== null) return { contentType, body: JSON.stringify(request) }
  if (!contentType.startsWith('multipart/')) return { contentType, body: JSON.stringify(lostJson(exchange, recording)) }
  return { contentType, body: form(contentType, lostParts(exchange, recording)) }
}

function lostJson({ path, response }: Exchange, recording: Recording): Json {
  if (path.endsWith('/complete')) return { part_ids: partsOf(recording).map(({ response }) => textAt(response, 'id')) }
  const { filename, purpose, bytes } = { filename: '', purpose: '', bytes: 0, ...Object(response) }
  return { filename, purpose, bytes, mime_type: 'text/jsonl' }
}

interface Part {
  readonly name: string
  readonly filename?: string
  readonly text: string
}

function lostParts(exchange: Exchange, recording: Recording): Part[] {
  const { path, response } = exchange
  if (path.endsWith('/parts')) return [{ name: 'data', filename: 'data', text: shareOf(recording) }]
  const bytes = Number(at(response, 'bytes') ?? 1)
  const filename = textAt(response, 'filename') || 'any.txt'
  const file_id = textAt(response, 'id')
  const text = foundText(file_id, recording) || letterOf(file_id, recording).repeat(bytes)
  return [
    { name: 'file', filename, text },
    { name: 'purpose', text: textAt(response, 'purpose') || refusedPurpose(response) },
  ]
}

/** What a search found of a file: all of it, since the recorded ones are short. Empty when nobody searched. */
function foundText(file_id: string, { exchanges }: Recording): string {
  const replies = exchanges.flatMap(({ response }) =>
    typeof response === 'string' ? readEvents(response).map(({ data }) => data) : [response],
  )
  const found = replies.flatMap(resultsIn).find((result) => at(result, 'file_id') === file_id)
  return textAt(listAt(found, 'content')[0], 'text')
}

/** The results of searches, wherever they are in a reply. */
function resultsIn(reply: Json): readonly Json[] {
  if (Array.isArray(reply)) return reply.flatMap(resultsIn)
  if (!isObject(reply)) return []
  return [...listAt(reply, 'file_search', 'results'), ...Object.values(reply).flatMap(resultsIn)]
}

/** The letter that the text of a file consists of: each file of a recording has its own. */
export function letterOf(file_id: string, { exchanges }: Recording): string {
  const uploads = exchanges.filter(({ method, path }) => method === 'POST' && path === '/v1/files')
  const place = uploads.findIndex(({ response }) => at(response, 'id') === file_id)
  return String.fromCharCode('a'.charCodeAt(0) + Math.max(place, 0))
}

/** An equal share of what the upload was created for. */
function shareOf(recording: Recording): string {
  const bytes = Number(at(recording.exchanges[0]?.response, 'bytes'))
  return 'a'.repeat(bytes / partsOf(recording).length)
}

function partsOf({ exchanges }: Recording): readonly Exchange[] {
  return exchanges.filter(({ path }) => path.endsWith('/parts'))
}

/** `'x' is not one of [...]` */
function refusedPurpose(error: Json): string {
  return /^'(\w+)' is not one of/.exec(textAt(error, 'error', 'message'))?.[1] ?? ''
}

/** As .NET's `MultipartFormDataContent` writes it: names without quotes, and the file's name a second time, encoded. */
function form(contentType: string, parts: readonly Part[]): string {
  const boundary = /boundary="(.+)"/.exec(contentType)?.[1]
  const written = parts.map(({ name, filename, text }) => {
    const file =
      filename === undefined ? '' : `; filename=${token(filename)}; filename*=utf-8''${encodeURIComponent(filename)}`
    const type = filename === undefined ? 'Content-Type: text/plain; charset=utf-8\r\n' : ''
    return `--${boundary}\r\n${type}Content-Disposition: form-data; name=${name}${file}\r\n\r\n${text}\r\n`
  })
  return `${written.join('')}--${boundary}--\r\n`
}

/** A header's value may be bare only if it is a token; what is not ASCII goes in an encoded word. */
function token(filename: string): string {
  if (/^[\w.-]+$/.test(filename)) return filename
  if (/^[\x20-\x7e]+$/.test(filename)) return `"${filename}"`
  return `"=?utf-8?B?${Buffer.from(filename).toString('base64')}?="`
}
