import { badRequest } from '../api/error.ts'
import { createReader } from './byte-reader.ts'
import { readDisposition } from './content-disposition.ts'
import { unsupportedContentType } from './errors.ts'
import { dropBody, limitedBody } from './limited-body.ts'

/** One part of a form. Read its `data` before asking for the next part; what is left unread is skipped. */
export interface Part {
  readonly name: string
  /** As sent; null when the part is a plain field. */
  readonly filename: string | null
  readonly data: AsyncIterable<Uint8Array>
}

const maxHeaderBytes = 16 * 1024

/**
 * Hands the parts of a `multipart/form-data` request to `work`, one after the other as they arrive, and answers what
 * it does. When it fails, the rest of the body is read and dropped first, within reason: many clients listen only once
 * they have sent everything. Throws `ApiError` 400 for a broken form, 413 beyond `maxBytes`, 415 for another content type.
 */
export async function readForm<Result>(
  request: Request,
  maxBytes: number,
  work: (parts: AsyncGenerator<Part>) => Promise<Result>,
): Promise<Result> {
  const body = limitedBody(request, maxBytes)
  try {
    return await work(partsOf(body, boundaryOf(request)))
  } catch (error) {
    await body.return(undefined)
    await dropBody(request, 2 * maxBytes)
    throw error
  }
}

function boundaryOf(request: Request): string {
  const contentType = request.headers.get('content-type') ?? ''
  if (!/^multipart\/form-data\s*(;|$)/i.test(contentType))
    throw unsupportedContentType(contentType, 'multipart/form-data')
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? []
  const boundary = quoted ?? plain
  if (boundary === undefined) throw malformedForm('its content type names no boundary')
  return boundary
}

/** The parts between the boundaries (RFC 7578). */
export async function* partsOf(body: AsyncIterable<Uint8Array>, boundary: string): AsyncGenerator<Part> {
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  const endedEarly = () => malformedForm('it ends before its last boundary')
  // The first boundary may stand at the very start: a line end in front makes it like the others.
  const reader = createReader(body[Symbol.asyncIterator](), { held: Buffer.from('\r\n'), endedEarly })
  await reader.until(delimiter).skip() // what comes before it means nothing
  while (!(await reader.startsWith('--'))) {
    const header = await textUpTo(reader.until(Buffer.from('\r\n\r\n')))
    const [, disposition = ''] = /^content-disposition:\s*form-data(.*)$/im.exec(header) ?? []
    const { name, filename } = readDisposition(disposition)
    if (name === null) throw malformedForm('a part has no name')
    const data = reader.until(delimiter)
    yield { name, filename, data }
    await data.skip()
  }
}

async function textUpTo(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of chunks) {
    text += Buffer.from(chunk).toString('latin1')
    if (text.length > maxHeaderBytes) throw malformedForm('the header of a part is too long')
  }
  return Buffer.from(text, 'latin1').toString('utf8')
}

function malformedForm(why: string) {
  return badRequest(`We could not parse the multipart form of your request: ${why}.`)
}
