import { isAscii } from 'node:buffer'
import { isUtf8, textEncoding } from '../text-encoding.ts'

/** So much is looked at for the encoding; the standard asks for it within the first kilobyte. */
const lookedAt = 4096

/** Text of a page, in the encoding of its byte order mark, else what it declares, else UTF-8 or Windows-1252. */
export async function* decodeHtml(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined
  for await (const chunk of chunks) {
    decoder ??= new TextDecoder(htmlEncoding(chunk))
    yield decoder.decode(chunk, { stream: true })
  }
  yield decoder?.decode() ?? ''
}

function htmlEncoding(head: Uint8Array): string {
  const byBytes = textEncoding(head) ?? 'windows-1252'
  if (byBytes.startsWith('utf-16')) return byBytes
  const start = Buffer.from(head.subarray(0, lookedAt)).toString('latin1')
  const declared = /<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)/i.exec(start)?.[1]
  if (declared === undefined || (byBytes === 'utf-8' && !isAscii(head) && isUtf8(head))) return byBytes
  return isKnown(declared) && !/^utf-?16/i.test(declared) ? declared : byBytes
}

function isKnown(label: string): boolean {
  try {
    new TextDecoder(label)
    return true
  } catch {
    return false // a name that no decoder has
  }
}
