/** Turns the bytes of a document into text. Hostile documents are its daily business. */
export interface Extractor {
  /**
   * The text of a document in reading order. Rejects with `ExtractionFailure` when there is none to be had, and with the
   * signal's reason once it is aborted. Bounded in time, memory and output, whatever the document says.
   */
  extract(
    document: { filename: string; data: ReadableStream<Uint8Array> },
    options: { signal: AbortSignal },
  ): Promise<Section[]>
}

/** A stretch of text that belongs together: a page, a slide, a sheet, or what stands under one heading. */
export interface Section {
  readonly text: string
  /** Counted from 1: page of a PDF, slide of a presentation; null where the format has none. */
  readonly page: number | null
  /** The headings it stands under, outermost first; empty where there are none. */
  readonly headings: readonly string[]
}

/** Why a document has no text. `message` is shown to the user of the API and says what was wrong. */
export class ExtractionFailure extends Error {
  override readonly name = 'ExtractionFailure'
  readonly code: 'unsupported_file' | 'invalid_file' | 'server_error'

  constructor(code: ExtractionFailure['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
