import { ExtractionFailure, type Extractor, type Section } from '../../src/ports/extractor.ts'

/**
 * An extractor for tests alone: every document is UTF-8 text, in one section, but those that are named `*.bin`, which it
 * does not take. `before` runs before each document is read: may wait for something, or reject in its place.
 */
export class FakeExtractor implements Extractor {
  /** Names of the documents that it was given, in order. */
  readonly seen: string[] = []
  readonly #before: (filename: string) => void | Promise<void>

  constructor({ before = () => {} }: { before?: (filename: string) => void | Promise<void> } = {}) {
    this.#before = before
  }

  async extract(
    { filename, data }: { filename: string; data: ReadableStream<Uint8Array> },
    { signal }: { signal: AbortSignal },
  ): Promise<Section[]> {
    this.seen.push(filename)
    await this.#before(filename)
    signal.throwIfAborted()
    if (filename.endsWith('.bin')) throw new ExtractionFailure('unsupported_file', 'The file type is not supported.')
    return [{ text: await new Response(data).text(), page: null, headings: [] }]
  }
}
