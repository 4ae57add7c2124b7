import { damaged, empty, misnamed, unsupported } from './failures.ts'
import type { TextFlavour } from './read-text.ts'
import { nameOfBinary } from './signatures.ts'
import { type TextEncoding, textEncoding } from './text-encoding.ts'

/** How a document is read: decoded here, or taken apart by a process of its own. */
export type Kind =
  | { readonly how: 'decode'; readonly flavour: TextFlavour; readonly encoding: TextEncoding }
  | { readonly how: 'parse'; readonly format: ParsedFormat }

/** Formats that take a parser. `zip` is all that are archives inside, `ole` what Office wrote before. */
export type ParsedFormat = 'pdf' | 'zip' | 'ole' | 'rtf' | 'html' | 'email'

/** So many bytes tell what a document is. */
export const headBytes = 64 * 1024

/**
 * The kind of a document. What its content is comes first, its name decides between the kinds of text. Throws an
 * `ExtractionFailure` for what is empty, not supported, or not what its name says.
 */
export function kindOf(filename: string, head: Buffer): Kind {
  if (head.length === 0) throw empty()
  const extension = extensionOf(filename)
  const signed = signedFormat(head)
  if (signed) return { how: 'parse', format: signed }
  const encoding = textEncoding(head)
  if (encoding === undefined) throw notText(extension, head)
  return kindOfText(extension, head, encoding)
}

/** In lower case with its dot; empty where the name has none that could be one. */
export function extensionOf(filename: string): string {
  return (/[^/\\](\.[a-z0-9_+-]{1,15})$/i.exec(filename.slice(-32))?.[1] ?? '').toLowerCase()
}

function signedFormat(head: Buffer): ParsedFormat | undefined {
  if (head.indexOf('%PDF-') === 0) return 'pdf'
  if (head.indexOf('PK\x03\x04') === 0 || head.indexOf('PK\x05\x06') === 0) return 'zip'
  if (head.indexOf('d0cf11e0a1b11ae1', 0, 'hex') === 0) return 'ole'
  if (head.indexOf('{\\rtf') === 0) return 'rtf'
  // Readers of PDF accept something in front of it. Text about PDF has the same letters, but is text.
  const pdf = head.subarray(0, 1024).indexOf('%PDF-')
  return pdf > 0 && textEncoding(head) === undefined ? 'pdf' : undefined
}

function notText(extension: string, head: Buffer) {
  const expected = documents.get(extension)
  const found = nameOfBinary(head)
  if (!expected) return unsupported(extension, found)
  return found === '' ? damaged(expected) : misnamed(extension, expected)
}

function kindOfText(extension: string, head: Buffer, encoding: TextEncoding): Kind {
  const expected = documents.get(extension)
  const isHtml = htmlExtensions.has(extension) || ((expected || extension === '') && looksLikeHtml(head))
  if (isHtml) return { how: 'parse', format: 'html' }
  if (emailExtensions.has(extension)) return { how: 'parse', format: 'email' }
  if (expected) throw misnamed(extension, expected)
  return { how: 'decode', flavour: flavours.get(extension) ?? 'plain', encoding }
}

/** Pages saved from a browser often carry another name, or none. */
function looksLikeHtml(head: Buffer): boolean {
  return /^\s*(?:<\?xml[^>]*>\s*|<!--[^>]*-->\s*)?<(?:!doctype\s+html|html|head|body)\b/i.test(
    head.subarray(0, 2048).toString('latin1').replace('\xef\xbb\xbf', ''),
  )
}

const htmlExtensions = new Set(['.html', '.htm', '.xhtml', '.xht'])
const emailExtensions = new Set(['.eml', '.mht', '.mhtml'])

const flavours = new Map<string, TextFlavour>([
  ['.md', 'markdown'],
  ['.markdown', 'markdown'],
  ['.mdx', 'markdown'],
  ['.mkd', 'markdown'],
  ['.rmd', 'markdown'],
  ['.qmd', 'markdown'],
  ['.tex', 'tex'],
  ['.latex', 'tex'],
  ['.ltx', 'tex'],
])

/** Extensions whose content is never plain text. */
const documents = new Map([
  ['.pdf', 'a PDF document'],
  ['.doc', 'a Word document'],
  ['.docx', 'a Word document'],
  ['.docm', 'a Word document'],
  ['.dotx', 'a Word template'],
  ['.ppt', 'a PowerPoint presentation'],
  ['.pptx', 'a PowerPoint presentation'],
  ['.pptm', 'a PowerPoint presentation'],
  ['.ppsx', 'a PowerPoint presentation'],
  ['.xls', 'an Excel workbook'],
  ['.xlsx', 'an Excel workbook'],
  ['.xlsm', 'an Excel workbook'],
  ['.odt', 'an OpenDocument text'],
  ['.ods', 'an OpenDocument spreadsheet'],
  ['.odp', 'an OpenDocument presentation'],
  ['.epub', 'an EPUB book'],
  ['.rtf', 'an RTF document'],
])
