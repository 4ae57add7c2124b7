import { getDocumentProxy } from 'unpdf'
import { ExtractionFailure } from '../../../ports/extractor.ts'
import { count, damaged, encrypted, tooMuch } from '../failures.ts'
import { isOutOfMemory } from '../memory.ts'
import { type Pdf, readBookmarks } from './pdf-bookmarks.ts'
import { createCharacterMaps } from './pdf-character-maps.ts'
import { createHyphenation } from './pdf-hyphens.ts'
import { readLines } from './pdf-lines.ts'
import { sectionsOfPage } from './pdf-page.ts'
import { allBytes, type FormatRequest } from './request.ts'

/** PDF: a section for each page, and in it one for each bookmark whose title is found there as a line. */
export async function parsePdf({ bytes, limits, sink }: FormatRequest): Promise<void> {
  try {
    const maps = createCharacterMaps()
    const pdf = await openPdf(await allBytes(bytes), maps.CharacterMaps)
    if (pdf.numPages > limits.pages) throw tooMuch(`has more than ${count(limits.pages)} pages`)
    const bookmarks = await readBookmarks(pdf)
    const hyphenation = createHyphenation()
    let headings: readonly string[] = []
    for (let number = 1; number <= pdf.numPages; number++) {
      const page = await pdf.getPage(number)
      const lines = hyphenation.mend(await readLines(page))
      maps.check()
      for (const section of sectionsOfPage(lines, bookmarks.get(number) ?? [], headings)) {
        headings = section.headings
        sink.start({ page: number, headings })
        sink.write(section.text)
      }
      page.cleanup()
    }
  } catch (error) {
    throw asFailure(error)
  }
}

/** Text needs no fonts, no pictures and none of the scripts that a PDF may hold. */
function openPdf(bytes: Buffer, BinaryDataFactory: object): Promise<Pdf> {
  return getDocumentProxy(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
    verbosity: 0,
    useSystemFonts: false,
    disableFontFace: true,
    stopAtErrors: false,
    BinaryDataFactory,
  })
}

function asFailure(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ExtractionFailure) return error
  if (isOutOfMemory(error)) return error
  return error.name === 'PasswordException' ? encrypted() : damaged('a PDF document', error.message)
}
