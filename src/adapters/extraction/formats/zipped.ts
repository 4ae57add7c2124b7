import { unsupported } from '../failures.ts'
import { openArchive } from './archive.ts'
import { parseDocx } from './docx.ts'
import { parseEpub } from './epub.ts'
import { openOfficePackage } from './office-package.ts'
import { parseOpenDocument } from './opendocument.ts'
import { parsePptx } from './pptx.ts'
import { allBytes, type FormatRequest } from './request.ts'
import { parseXlsx } from './xlsx.ts'

/** Documents that are archives: which one it is, its files say. */
export async function parseZipped({ bytes, extension, limits, sink }: FormatRequest): Promise<void> {
  const archive = await openArchive(await allBytes(bytes), limits)
  if (archive.has('content.xml')) return parseOpenDocument({ archive, extension, limits, sink })
  if (archive.has('META-INF/container.xml')) return parseEpub({ archive, extension, limits, sink })
  const office = await openOfficePackage(archive, limits)
  switch (office.kind) {
    case 'document':
      return parseDocx({ office, limits, sink })
    case 'presentation':
      return parsePptx({ office, limits, sink })
    case 'workbook':
      return parseXlsx({ office, limits, sink })
    default:
      throw unsupported(extension, 'an archive that is no document of a known kind')
  }
}
