import type { Generated } from 'kysely'
import type {
  AssistantRow,
  FileRow,
  MessageRow,
  RunRow,
  StepRow,
  ThreadRow,
  UploadPartRow,
  UploadRow,
} from '../../ports/store.ts'

/** Tables that hold API objects, each with the row that the store hands out. */
export interface Records {
  assistants: AssistantRow
  threads: ThreadRow
  messages: MessageRow
  runs: RunRow
  run_steps: StepRow
  files: FileRow
  uploads: UploadRow
  upload_parts: UploadPartRow
}
export type RecordName = keyof Records

/** `seq` orders the rows of a table: it grows with every insert and is never given twice. */
interface Stored {
  seq: Generated<number>
  project: string
}

export interface JobTable extends Stored {
  id: string
  kind: string
  subject: string
  /** Unix milliseconds, as are all times of a job. */
  run_at: number
  attempts: number
  lease_owner: string | null
  lease_until: number | null
}

export type Tables = { [Name in RecordName]: Stored & Records[Name] } & { jobs: JobTable }

/** The columns of each row, for statements that write or read it whole. */
export const columns: { readonly [Name in RecordName]: readonly (keyof Records[Name] & string)[] } = {
  assistants: ['id', 'body'],
  threads: ['id', 'body'],
  messages: ['id', 'body', 'thread_id', 'run_id'],
  runs: ['id', 'body', 'thread_id', 'status', 'expires_at'],
  run_steps: ['id', 'body', 'thread_id', 'run_id', 'status', 'turn', 'usage'],
  files: ['id', 'body', 'purpose', 'expires_at'],
  uploads: ['id', 'body', 'status', 'expires_at', 'details'],
  upload_parts: ['id', 'body', 'upload_id', 'bytes'],
}
