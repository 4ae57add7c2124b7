import { ExtractionFailure } from '../../ports/extractor.ts'

// What the user of the API reads. The first sentence of `empty` and of `unsupported` is the original's.

export function empty() {
  return invalid('The file could not be parsed because it is empty.')
}

export function noText() {
  return invalid(
    'The file could not be parsed because it holds no text. If it is a scan or made of pictures, run OCR on it first.',
  )
}

export function encrypted() {
  return invalid('The file could not be parsed because it is encrypted. Upload it again without its password.')
}

/** `what` names the kind with its article, `detail` is the parser's own complaint. */
export function damaged(what: string, detail = '') {
  const reason = detail === '' ? '' : ` (${oneLine(detail)})`
  return invalid(`The file could not be parsed: it is not ${what}, or it is damaged${reason}.`)
}

/** `extension` with its dot. */
export function misnamed(extension: string, what: string) {
  return invalid(`The file could not be parsed: it is named ${extension}, but its content is not ${what}.`)
}

/** `what` follows "it", as in `has more than 10,000 pages`. */
export function tooMuch(what: string) {
  return invalid(`The file could not be parsed: it ${what}.`)
}

export function needsTooMuchMemory() {
  return tooMuch('needs more memory than one document may have')
}

/** `extension` with its dot, or empty; `what` names the content with its article, or is empty where it is unknown. */
export function unsupported(extension: string, what = '') {
  const named = extension === '' ? 'Its name has no extension' : `Its extension is ${extension}`
  const content = what === '' ? 'its content is not text' : `its content is ${what}`
  return new ExtractionFailure('unsupported_file', `The file type is not supported. ${named}, and ${content}.`)
}

/** A format that is older than what is read here; `advice` is a sentence. */
export function outdated(what: string, advice: string) {
  return new ExtractionFailure('unsupported_file', `The file type is not supported. It is ${what}. ${advice}`)
}

/** `map` is a character map by its name in PDF. */
export function unknownCharacters(map: string) {
  return new ExtractionFailure(
    'unsupported_file',
    `The file type is not supported. It is a PDF whose text takes the character map ${oneLine(map)}, which this server does not have: install the package pdfjs-dist beside it, or upload the document in another format.`,
  )
}

export function stoppedUnexpectedly() {
  return new ExtractionFailure('server_error', 'The file could not be parsed: the parser stopped unexpectedly.')
}

/** Grouped by thousands. */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}

function invalid(message: string) {
  return new ExtractionFailure('invalid_file', message)
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 160).replace(/\.$/, '')
}
