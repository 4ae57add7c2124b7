import { createProse } from '../prose.ts'
import { createHtmlReader } from './elements.ts'
import { decodeHtml } from './html-encoding.ts'
import { createHtmlHandler } from './html-handler.ts'
import type { FormatRequest } from './request.ts'

/** A web page: headings, lists, tables and code; scripts, styles and the title in the head are left out. */
export async function parseHtml({ bytes, limits, sink }: FormatRequest): Promise<void> {
  const prose = createProse(sink)
  const handler = createHtmlHandler(prose)
  const reader = createHtmlReader(handler, limits)
  for await (const text of decodeHtml(bytes)) reader.write(text)
  reader.end()
  handler.flush()
  prose.end()
}
