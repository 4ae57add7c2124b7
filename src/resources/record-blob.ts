import { ApiError } from '../api/error.ts'
import { type Blobs, BlobTooLarge } from '../ports/blobs.ts'

/** Bytes on their way into a blob, under an id that nothing has yet. */
export interface NewBlob {
  readonly id: string
  readonly data: AsyncIterable<Uint8Array>
  readonly maxBytes: number
  /** What the request calls the bytes. */
  readonly param?: 'file' | 'data'
}

/**
 * Stores the bytes and then has `record` write the row that names them; when that fails, the bytes go too. Rejects with
 * the 413 when there are too many of them.
 */
export async function recordBlob<Result>(
  blobs: Blobs,
  { id, data, maxBytes, param = 'file' }: NewBlob,
  record: (written: { bytes: number; md5: string }) => Promise<Result>,
): Promise<Result> {
  const written = await blobs.write(id, data, { maxBytes }).catch((error: unknown) => {
    throw error instanceof BlobTooLarge ? tooLarge(maxBytes, param) : error
  })
  try {
    return await record(written)
  } catch (error) {
    await blobs.remove(id)
    throw error
  }
}

function tooLarge(maxBytes: number, param: string) {
  const megabytes = Math.floor(maxBytes / 1024 ** 2)
  return new ApiError({ status: 413, message: `The ${param} is too large: ${megabytes} MB is the most.`, param })
}
