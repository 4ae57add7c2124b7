/** What one document may take. More of anything ends as an `ExtractionFailure` that says so. */
export interface ExtractionLimits {
  /** Of the document as it was uploaded. */
  readonly bytes: number
  /** Of all that is unpacked from it, counted while it is unpacked. */
  readonly unpackedBytes: number
  /** Files in an archive. */
  readonly entries: number
  /** Of a PDF. */
  readonly pages: number
  /** Of all text together, where a section counts as a hundred. */
  readonly characters: number
  /** Elements within elements. */
  readonly depth: number
  /** By the clock, from start to end. */
  readonly seconds: number
  /** Of the parsing process, all in all. */
  readonly memoryMegabytes: number
  /** Of the parsing process, for JavaScript's own objects. */
  readonly heapMegabytes: number
}

/** Twenty million characters are about five million tokens, which is the most a file may have. */
export const defaultLimits: ExtractionLimits = {
  bytes: 512 * 1024 ** 2,
  unpackedBytes: 512 * 1024 ** 2,
  entries: 20_000,
  pages: 10_000,
  characters: 25_000_000,
  depth: 5_000,
  seconds: 300,
  memoryMegabytes: 1200,
  heapMegabytes: 256,
}
