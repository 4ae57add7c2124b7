import type { CompleteUploadRequest, CreateUploadRequest, FileExpiresAfter, Upload, UploadPart } from '../api/file.ts'
import { fromText, type JsonText, toText } from '../api/json.ts'
import type { Now } from '../lib/clock.ts'
import type { NewId } from '../lib/id.ts'
import { BlobMissing, type Blobs } from '../ports/blobs.ts'
import type { Store, Transaction, UploadRow } from '../ports/store.ts'
import { fileRow, newFile } from './new-file.ts'
import { recordBlob } from './record-blob.ts'
import { endUpload, requireMd5, requireParts, requirePending } from './upload-state.ts'

const lifetimeSeconds = 3600
const maxPartBytes = 64 * 1024 ** 2

/** What an upload keeps for the file that it becomes. */
type UploadDetails = { mime_type: string; expires_after: FileExpiresAfter | null }

/** The rules of `/uploads`: parts come in any order, also at the same time, and are joined in the order at the end. */
export function createUploads({
  store,
  blobs,
  newId,
  now,
}: {
  store: Pick<Store, 'read' | 'transaction'>
  blobs: Blobs
  newId: NewId
  now: Now
}) {
  async function create(
    project: string,
    { filename, purpose, bytes, mime_type, expires_after = null }: CreateUploadRequest,
  ): Promise<JsonText<Upload>> {
    const [id, created_at, status] = [newId('upload'), now(), 'pending' as const]
    const expires_at = created_at + lifetimeSeconds
    const body = toText<Upload>({ id, object: 'upload', bytes, created_at, filename, purpose, status, expires_at })
    const details = toText<UploadDetails>({ mime_type, expires_after })
    await store.transaction(project, (tx) => tx.uploads.insert({ id, body, status, expires_at, details }))
    return body
  }

  async function addPart(
    project: string,
    upload_id: string,
    data: AsyncIterable<Uint8Array>,
  ): Promise<JsonText<UploadPart>> {
    await requirePending(store.read(project), upload_id, { now: now(), wanted: 'add parts to' })
    const id = newId('part')
    return recordBlob(blobs, { id, data, maxBytes: maxPartBytes, param: 'data' }, async ({ bytes }) => {
      const body = toText<UploadPart>({ id, object: 'upload.part', created_at: now(), upload_id })
      await store.transaction(project, async (tx) => {
        await requirePending(tx, upload_id, { now: now(), wanted: 'add parts to' })
        await tx.uploadParts.insert({ id, upload_id, bytes, body })
      })
      return body
    })
  }

  async function complete(
    project: string,
    id: string,
    { part_ids, md5 }: CompleteUploadRequest,
  ): Promise<JsonText<Upload>> {
    const reader = store.read(project)
    const { body } = await requirePending(reader, id, { now: now(), wanted: 'complete' })
    await requireParts(reader, fromText(body), part_ids)
    try {
      const data = join(blobs, part_ids)
      const blob = { id: newId('file'), data, maxBytes: fromText(body).bytes }
      return await recordBlob(blobs, blob, async (written) => {
        requireMd5(md5, written.md5)
        return end(project, async (tx) => {
          const row = await requirePending(tx, id, { now: now(), wanted: 'complete' })
          return endUpload(tx, row, { status: 'completed', file: await insertFile(tx, row, blob.id) })
        })
      })
    } catch (error) {
      // A part is gone when the upload was completed or cancelled while we read: then that is the answer.
      if (error instanceof BlobMissing) await requirePending(reader, id, { now: now(), wanted: 'complete' })
      throw error
    }
  }

  async function cancel(project: string, id: string): Promise<JsonText<Upload>> {
    return end(project, async (tx) => {
      const row = await requirePending(tx, id, { now: now(), wanted: 'cancel' })
      return endUpload(tx, row, { status: 'cancelled' })
    })
  }

  /** Gives up an upload that is still pending when its time is over; answers whether it did. */
  async function expire(project: string, id: string): Promise<boolean> {
    const body = await end(project, async (tx) => {
      const row = await tx.uploads.get(id)
      if (row?.status !== 'pending' || row.expires_at > now()) return { body: undefined, part_ids: [] }
      return endUpload(tx, row, { status: 'expired' })
    })
    return body !== undefined
  }

  /** Ends an upload in a transaction, then frees what its parts took. */
  async function end<Body>(
    project: string,
    work: (tx: Transaction) => Promise<{ body: Body; part_ids: readonly string[] }>,
  ): Promise<Body> {
    const { body, part_ids } = await store.transaction(project, work)
    await Promise.all(part_ids.map((part_id) => blobs.remove(part_id)))
    return body
  }

  return { create, addPart, complete, cancel, expire }
}

/** The file that a completed upload becomes; it is as old as the upload. */
async function insertFile(tx: Pick<Transaction, 'files'>, row: UploadRow, id: string) {
  const { purpose, filename, bytes, created_at } = fromText(row.body)
  const { expires_after } = fromText<UploadDetails>(row.details)
  const file = newFile({ id, purpose, filename, bytes, created_at, expires_after })
  await tx.files.insert(fileRow(file))
  return file
}

async function* join(blobs: Blobs, ids: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const id of ids) yield* await blobs.read(id)
}
