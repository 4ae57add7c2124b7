import { encrypted, outdated, unsupported } from '../failures.ts'
import { allBytes, type FormatRequest } from './request.ts'

const asNow = (format: string) => `Save it as ${format} or as PDF, and upload that.`

/** Streams in the files of Office before 2007, and in newer ones under a password. The first that is found decides. */
const contents = [
  ['WordDocument', outdated('a Word document in the old .doc format', asNow('.docx'))],
  ['PowerPoint Document', outdated('a presentation in the old .ppt format', asNow('.pptx'))],
  ['Workbook', outdated('a workbook in the old .xls format', asNow('.xlsx'))],
  ['__properties_version1.0', outdated('an Outlook message', 'Save it as .eml, and upload that.')],
] as const

/** Says what an OLE file is, since none is read. Always throws. */
export async function refuseOle({ bytes, extension }: FormatRequest): Promise<never> {
  const all = await allBytes(bytes)
  if (all.includes('EncryptedPackage', 0, 'utf16le')) throw encrypted()
  const found = contents.find(([stream]) => all.includes(stream, 0, 'utf16le'))
  throw found?.[1] ?? unsupported(extension, 'an OLE compound file')
}
