import PostalMime, { type Address } from 'postal-mime'
import { ExtractionFailure } from '../../../ports/extractor.ts'
import { damaged } from '../failures.ts'
import { isOutOfMemory } from '../memory.ts'
import { createProse } from '../prose.ts'
import { createHtmlReader } from './elements.ts'
import { createHtmlHandler } from './html-handler.ts'
import { allBytes, type FormatRequest } from './request.ts'

/** A message: who wrote to whom and when, its text, and the names of its attachments. */
export async function parseEmail({ bytes, limits, sink }: FormatRequest): Promise<void> {
  const email = await readEmail(await allBytes(bytes))
  const prose = createProse(sink)
  prose.heading(1, email.subject ?? '')
  const lines = [
    ['From', people(email.from ? [email.from] : [])],
    ['To', people(email.to)],
    ['Cc', people(email.cc)],
    ['Date', email.date ?? ''],
    ['Attachments', email.attachments.map(({ filename }) => filename ?? 'without a name').join(', ')],
  ]
  prose.paragraph(lines.flatMap(([label, value]) => (value ? `${label}: ${value}` : [])).join('\n'))
  if (email.text?.trim()) prose.paragraph(email.text)
  else {
    const handler = createHtmlHandler(prose)
    const reader = createHtmlReader(handler, limits)
    reader.write(email.html ?? '')
    reader.end()
    handler.flush()
  }
  prose.end()
}

async function readEmail(bytes: Buffer) {
  try {
    return await PostalMime.parse(bytes, { maxNestingDepth: 64 })
  } catch (error) {
    if (!(error instanceof Error) || error instanceof ExtractionFailure || isOutOfMemory(error)) throw error
    throw damaged('an e-mail message', error.message)
  }
}

function people(addresses: readonly Address[] | undefined): string {
  return (addresses ?? []).map(({ name, address }) => (address ? `${name} <${address}>`.trim() : name)).join(', ')
}
