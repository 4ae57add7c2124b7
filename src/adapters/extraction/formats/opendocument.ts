import { encrypted, unsupported } from '../failures.ts'
import type { ExtractionLimits } from '../limits.ts'
import type { SectionSink } from '../sections.ts'
import type { Archive } from './archive.ts'
import { type ElementHandler, readXml } from './elements.ts'
import { createSpreadsheetHandler } from './opendocument-sheets.ts'
import { createWritingHandler } from './opendocument-writing.ts'

export interface ArchiveRequest {
  readonly archive: Archive
  /** Of the file's name, with the dot. */
  readonly extension: string
  readonly limits: ExtractionLimits
  readonly sink: SectionSink
}

/** Texts, presentations and spreadsheets of LibreOffice and others. */
export async function parseOpenDocument({ archive, extension, limits, sink }: ArchiveRequest): Promise<void> {
  await readXml(archive.read('META-INF/manifest.xml'), { open: refuseEncrypted }, limits)
  const writing = createWritingHandler(sink)
  const sheets = createSpreadsheetHandler(sink)
  let body: (ElementHandler & { end(): void }) | undefined
  let inBody = false
  await readXml(
    archive.read('content.xml'),
    {
      open(name, attributes) {
        if (name === 'body') inBody = true
        else if (body) body.open?.(name, attributes)
        else if (!inBody) writing.style(name, attributes)
        else if (name === 'spreadsheet') body = sheets
        else if (name === 'text' || name === 'presentation' || name === 'drawing') body = writing
      },
      text: (piece) => body?.text?.(piece),
      close: (name) => body?.close?.(name),
    },
    limits,
  )
  if (!body) throw unsupported(extension, 'an archive that is no document of a known kind')
  body.end()
}

function refuseEncrypted(name: string): void {
  if (name === 'encryption-data') throw encrypted()
}
