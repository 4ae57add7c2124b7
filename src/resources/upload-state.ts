import { badRequest, notFound } from '../api/error.ts'
import type { Upload } from '../api/file.ts'
import { fromText, type JsonText, toText } from '../api/json.ts'
import type { Reader, Transaction, UploadRow } from '../ports/store.ts'

/** The upload, if it still takes parts at this time (Unix seconds). Throws the 404 or the 400 that says what it is instead. */
export async function requirePending(
  from: Pick<Reader | Transaction, 'uploads'>,
  id: string,
  { now, wanted }: { now: number; wanted: 'add parts to' | 'complete' | 'cancel' },
): Promise<UploadRow> {
  const row = await from.uploads.get(id)
  if (!row) throw notFound('upload', id)
  const status = row.status === 'pending' && row.expires_at <= now ? 'expired' : row.status
  if (status !== 'pending') throw badRequest(`Cannot ${wanted} upload with status '${status}'.`)
  return row
}

/** Throws `ApiError` unless these are different parts of this upload and have as many bytes as it was made for. */
export async function requireParts(
  from: Pick<Reader, 'uploadParts'>,
  { id, bytes }: Pick<Upload, 'id' | 'bytes'>,
  part_ids: readonly string[],
): Promise<void> {
  let total = 0
  const seen = new Set<string>()
  for (const part_id of part_ids) {
    const part = await from.uploadParts.get(part_id)
    if (part?.upload_id !== id) throw notFound('upload part', part_id)
    if (seen.has(part_id)) throw refused('part_ids', `Invalid 'part_ids': '${part_id}' is named twice.`)
    seen.add(part_id)
    total += part.bytes
  }
  if (total === bytes) return
  throw refused('part_ids', `The parts have ${total} bytes together, but the upload was created for ${bytes} bytes.`)
}

/** Throws `ApiError` when the client named another MD5 (hex) than the bytes have. */
export function requireMd5(given: string | undefined, md5: string): void {
  if (given === undefined || given.toLowerCase() === md5) return
  throw refused('md5', `Invalid 'md5': '${given}'. The parts in this order have the MD5 '${md5}'.`)
}

/** Ends a pending upload. Its parts lose their rows; their blobs are the caller's to remove after the commit. */
export async function endUpload(
  tx: Pick<Transaction, 'uploads' | 'uploadParts'>,
  row: UploadRow,
  outcome: Pick<Upload, 'status' | 'file'>,
): Promise<{ body: JsonText<Upload>; part_ids: string[] }> {
  const body = toText({ ...fromText(row.body), ...outcome })
  await tx.uploads.update(row.id, { body, status: outcome.status })
  const part_ids = (await tx.uploadParts.ofUpload(row.id)).map((part) => part.id)
  for (const part_id of part_ids) await tx.uploadParts.remove(part_id)
  return { body, part_ids }
}

function refused(param: string, message: string) {
  return badRequest(message, { param, code: 'invalid_value' })
}
