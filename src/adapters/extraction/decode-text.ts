import { isAscii } from 'node:buffer'
import { isUtf8, type TextEncoding } from './text-encoding.ts'

/**
 * Bytes to text, piece by piece, with `\n` for every line end and without a byte order mark. What is wrong in the
 * encoding becomes U+FFFD. The first characters of a file may all be ASCII, so between UTF-8 and Windows-1252 the first
 * chunk decides that has another one.
 */
export async function* decodeText(chunks: AsyncIterable<Uint8Array>, encoding: TextEncoding): AsyncGenerator<string> {
  let decoder = encoding === 'utf-8' ? undefined : new TextDecoder(encoding)
  let carry = ''
  for await (const chunk of chunks) {
    if (!decoder && !isAscii(chunk)) decoder = new TextDecoder(isUtf8(chunk) ? 'utf-8' : 'windows-1252')
    const text = carry + (decoder ? decoder.decode(chunk, { stream: true }) : Buffer.from(chunk).toString('latin1'))
    carry = text.endsWith('\r') ? '\r' : '' // its line feed may come with the next chunk
    yield unixLines(carry === '' ? text : text.slice(0, -1))
  }
  yield unixLines(carry + (decoder?.decode() ?? ''))
}

function unixLines(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
}
