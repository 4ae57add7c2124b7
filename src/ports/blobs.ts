/** Contents of files, by an id that we chose. What was written and acknowledged survives a power cut. */
export interface Blobs {
  /**
   * Stores the bytes under `id`, replacing nothing: the blob appears whole or not at all. Rejects with `BlobTooLarge`
   * past `maxBytes`. Answers size and MD5 (hex).
   */
  write(
    id: string,
    data: AsyncIterable<Uint8Array>,
    options: { maxBytes: number },
  ): Promise<{ bytes: number; md5: string }>
  /**
   * The bytes from start to end, as they are read; nothing is held open for a stream that nobody reads. Rejects with
   * `BlobMissing`, as does the stream when the blob goes before it is read.
   */
  read(id: string): Promise<ReadableStream<Uint8Array>>
  /** Removes it; quietly when it is not there. */
  remove(id: string): Promise<void>
}

export class BlobTooLarge extends Error {
  override readonly name = 'BlobTooLarge'
}

export class BlobMissing extends Error {
  override readonly name = 'BlobMissing'
}
