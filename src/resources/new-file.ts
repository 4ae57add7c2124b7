import type { File, FileExpiresAfter, FilePurpose } from '../api/file.ts'
import { toText } from '../api/json.ts'
import type { FileRow } from '../ports/store.ts'

const batchDays = 30

export interface NewFile {
  readonly id: string
  readonly purpose: FilePurpose
  readonly filename: string
  readonly bytes: number
  readonly created_at: number
  readonly expires_after: FileExpiresAfter | null
}

/** A file as the original shows it, `processed` from the start; batch files go after 30 days unless told otherwise. */
export function newFile({ id, purpose, filename, bytes, created_at, expires_after }: NewFile): File {
  const seconds = expires_after?.seconds ?? (purpose === 'batch' ? batchDays * 86_400 : null)
  return {
    id,
    object: 'file',
    purpose,
    filename,
    bytes,
    created_at,
    expires_at: seconds === null ? null : created_at + seconds,
    status: 'processed',
    status_details: null,
  }
}

export function fileRow(file: File): FileRow {
  return { id: file.id, body: toText(file), purpose: file.purpose, expires_at: file.expires_at }
}
