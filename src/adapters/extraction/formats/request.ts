import type { ParseRequest } from './parse.ts'

/** What a parser gets. */
export type FormatRequest = Omit<ParseRequest, 'format'>

/** All bytes at once, for formats that are not read from front to back. */
export async function allBytes(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const read: Uint8Array[] = []
  for await (const chunk of chunks) read.push(chunk)
  return Buffer.concat(read)
}
