import type { Bucket, DiskPlace } from '../../lib/blobs-place.ts'
import type { Log } from '../../lib/log.ts'
import type { Blobs } from '../../ports/blobs.ts'
import { openDiskBlobs } from './disk.ts'
import { openS3Blobs } from './s3.ts'

/** The blobs in their configured place. Rejects, with what to do about it, when that cannot be used. */
export async function openBlobs(place: DiskPlace | Bucket, { log }: { log: Log }): Promise<Blobs & AsyncDisposable> {
  if (place.kind === 's3') return openS3Blobs(place, { log })
  return { ...(await openDiskBlobs(place.folder)), async [Symbol.asyncDispose]() {} }
}
