import { fromText } from '../api/json.ts'
import { BlobMissing, type Blobs } from '../ports/blobs.ts'
import type { Reader } from '../ports/store.ts'
import type { ImageSource } from './model-messages.ts'

const types: Record<string, string> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
}

/** Image files as `data:` addresses, since an upstream cannot reach our files. */
export function readImage({ read, blobs }: { read: Pick<Reader, 'files'>; blobs: Blobs }): ImageSource {
  return async function imageOf(file_id) {
    const row = await read.files.get(file_id)
    if (!row) return undefined
    const { filename } = fromText(row.body)
    const bytes = await bytesOf(blobs, file_id)
    if (!bytes) return undefined
    const type = types[filename.split('.').at(-1)?.toLowerCase() ?? ''] ?? 'application/octet-stream'
    return `data:${type};base64,${Buffer.from(bytes).toString('base64')}`
  }
}

async function bytesOf(blobs: Blobs, file_id: string): Promise<ArrayBuffer | undefined> {
  try {
    return await new Response(await blobs.read(file_id)).arrayBuffer()
  } catch (error) {
    if (error instanceof BlobMissing) return undefined // deleted since its row was read
    throw error
  }
}
