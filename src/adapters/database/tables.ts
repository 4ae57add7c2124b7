import type { Generated } from 'kysely'
import type {
  AssistantRow,
  FileBatchRow,
  FileRow,
  InterpreterRow,
  MessageRow,
  RunRow,
  StepRow,
  ThreadRow,
  UploadPartRow,
  UploadRow,
  VectorStoreFileRow,
  VectorStoreRow,
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
  vector_stores: VectorStoreRow
  vector_store_files: VectorStoreFileRow
  file_batches: FileBatchRow
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
  /** Empty for the project's own. */
  lane: string
  /** Its place in line, which it may share with jobs of other lanes. */
  turn: number
  /** Unix milliseconds, as are all times of a job. */
  run_at: number
  attempts: number
  lease_owner: string | null
  lease_until: number | null
}

export interface SegmentTable extends Stored {
  id: string
  /** Null in both once the segment was dropped: its pieces are then removed little by little. */
  vector_store_id: string | null
  file_id: string | null
  chunk_count: number
  space: string | null
  /** Bytes of all its pieces together. */
  size: number
  pieces: number
}

/** The bytes of a segment, cut across: a piece holds one stretch of each part. See `segment-pieces.ts`. */
export interface SegmentPieceTable {
  /** On Postgres alone. */
  project: Generated<string>
  segment_id: string
  /** Counted from 0. */
  place: number
  texts: Uint8Array | null
  postings: Uint8Array | null
  vectors: Uint8Array | null
}

/** `revision` grows whenever a search in the store may see other segments than before. */
type VectorStoreTable = Stored & VectorStoreRow & { revision: Generated<number> }

export type Tables = { [Name in Exclude<RecordName, 'vector_stores'>]: Stored & Records[Name] } & {
  vector_stores: VectorStoreTable
  jobs: JobTable
  segments: SegmentTable
  segment_pieces: SegmentPieceTable
  interpreters: Stored & InterpreterRow
}

/** The columns of each row, for statements that write or read it whole. */
export const columns: { readonly [Name in RecordName]: readonly (keyof Records[Name] & string)[] } = {
  assistants: ['id', 'body'],
  threads: ['id', 'body'],
  messages: ['id', 'body', 'thread_id', 'run_id', 'citations'],
  runs: ['id', 'body', 'thread_id', 'status', 'details', 'expires_at'],
  run_steps: ['id', 'body', 'thread_id', 'run_id', 'status', 'turn', 'usage', 'full', 'details'],
  files: ['id', 'body', 'purpose', 'expires_at'],
  uploads: ['id', 'body', 'status', 'expires_at', 'details'],
  upload_parts: ['id', 'body', 'upload_id', 'bytes'],
  vector_stores: ['id', 'body', 'expires_at'],
  vector_store_files: ['id', 'body', 'vector_store_id', 'status', 'batch_id', 'filename', 'attributes'],
  file_batches: ['id', 'body', 'vector_store_id'],
}
