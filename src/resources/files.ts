import { badRequest, noSuchFile } from '../api/error.ts'
import type { File, FileExpiresAfter, FileListQuery, FilePurpose } from '../api/file.ts'
import { fromText, type JsonText, toText } from '../api/json.ts'
import type { Now } from '../lib/clock.ts'
import type { NewId } from '../lib/id.ts'
import type { Blobs } from '../ports/blobs.ts'
import type { Store, Transaction } from '../ports/store.ts'
import { detachFile } from './detach-file.ts'
import { sendList } from './list-envelope.ts'
import { fileRow, newFile } from './new-file.ts'
import { recordBlob } from './record-blob.ts'

const maxFileBytes = 512 * 1024 ** 2
const keptBack: readonly FilePurpose[] = ['assistants', 'user_data']

export interface FileOptions {
  /** Whether every file can be downloaded; the original keeps back what a client uploaded for assistants. */
  readonly downloadAnyFile: boolean
  /** 512 MB unless told otherwise. */
  readonly maxBytes?: number
}

/**
 * A file as it comes in. Form fields may follow the bytes, so `data` is read to its end before `settings` is asked,
 * which rejects with `ApiError` when the purpose is missing or not allowed.
 */
export interface FileUpload {
  /** As the client sent it, folders and all: never a path of ours. */
  readonly filename: string
  readonly data: AsyncIterable<Uint8Array>
  settings(): Promise<FileSettings>
}

export interface FileSettings {
  readonly purpose: FilePurpose
  readonly expires_after: FileExpiresAfter | null
}

export interface FileContent {
  readonly filename: string
  readonly bytes: number
  readonly data: ReadableStream<Uint8Array>
}

/** The rules of `/files`. */
export function createFiles({
  store,
  blobs,
  newId,
  now,
  options: { downloadAnyFile, maxBytes = maxFileBytes },
}: {
  store: Pick<Store, 'read' | 'transaction'>
  blobs: Blobs
  newId: NewId
  now: Now
  options: FileOptions
}) {
  async function create(project: string, upload: FileUpload): Promise<JsonText<File>> {
    const id = newId('file')
    return recordBlob(blobs, { id, data: upload.data, maxBytes }, async ({ bytes }) => {
      if (bytes === 0) throw badRequest('The file is empty.', { param: 'file' })
      const settings = await upload.settings()
      const row = fileRow(newFile({ ...settings, id, filename: upload.filename, bytes, created_at: now() }))
      await store.transaction(project, (tx) => tx.files.insert(row))
      return row.body
    })
  }

  async function list(project: string, { purpose, ...page }: FileListQuery): Promise<string> {
    return sendList(store.read(project).files.list({ purpose }, page))
  }

  async function get(project: string, id: string): Promise<JsonText<File>> {
    const row = await store.read(project).files.get(id)
    if (!row) throw noSuchFile(id)
    return row.body
  }

  async function content(project: string, id: string): Promise<FileContent> {
    const { filename, bytes, purpose } = fromText(await get(project, id))
    if (!downloadAnyFile && keptBack.includes(purpose)) {
      throw badRequest(`Not allowed to download files of purpose: ${purpose}`)
    }
    return { filename, bytes, data: await blobs.read(id) }
  }

  async function remove(project: string, id: string): Promise<string> {
    const removed = await store.transaction(project, (tx) => removeRow(tx, id))
    if (!removed) throw noSuchFile(id)
    await blobs.remove(id)
    return toText({ id, object: 'file', deleted: true })
  }

  /** Removes the file if its time is over; answers whether it did. */
  async function removeExpired(project: string, id: string): Promise<boolean> {
    const removed = await store.transaction(project, async (tx) => {
      const expires_at = (await tx.files.get(id))?.expires_at ?? null
      return expires_at !== null && expires_at <= now() && (await removeRow(tx, id))
    })
    if (removed) await blobs.remove(id)
    return removed
  }

  return { create, list, get, content, remove, removeExpired }
}

async function removeRow(tx: Transaction, id: string): Promise<boolean> {
  if (!(await tx.files.remove(id))) return false
  await detachFile(tx, id)
  return true
}
