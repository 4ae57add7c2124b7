import { unreachable } from '../../../lib/unreachable.ts'
import type { ParsedFormat } from '../kind.ts'
import type { ExtractionLimits } from '../limits.ts'
import type { SectionSink } from '../sections.ts'

/** A document to take apart, as its bytes come in. */
export interface ParseRequest {
  readonly format: ParsedFormat
  /** Of its name, with the dot; empty where there is none. */
  readonly extension: string
  readonly limits: ExtractionLimits
  readonly bytes: AsyncIterable<Uint8Array>
  readonly sink: SectionSink
}

/** Finds the parser. Each is loaded only when it is needed, as loading is most of the time of a small document. */
export async function parse({ format, ...request }: ParseRequest): Promise<void> {
  switch (format) {
    case 'html':
      return (await import('./html.ts')).parseHtml(request)
    case 'pdf':
      return (await import('./pdf.ts')).parsePdf(request)
    case 'zip':
      return (await import('./zipped.ts')).parseZipped(request)
    case 'email':
      return (await import('./email.ts')).parseEmail(request)
    case 'rtf':
      return (await import('./rtf.ts')).parseRtf(request)
    case 'ole':
      return (await import('./ole.ts')).refuseOle(request)
    default:
      return unreachable(format)
  }
}
