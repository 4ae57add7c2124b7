import type { Assistant } from '../api/assistant.ts'
import type { Citation } from '../api/citation.ts'
import type { File, Upload, UploadPart } from '../api/file.ts'
import type { JsonText } from '../api/json.ts'
import type { Message } from '../api/message.ts'
import type { Run, RunStatus } from '../api/run.ts'
import type { RunStep, StepStatus } from '../api/run-step.ts'
import type { Thread } from '../api/thread.ts'
import type { FileBatch, StoreFileStatus, VectorStore, VectorStoreFile } from '../api/vector-store.ts'
import type { Cluster } from './cluster.ts'
import type { JobQueue, JobWriter } from './queue.ts'
import type { SegmentBytes, SegmentSource } from './search.ts'

/**
 * Everything durable but file contents. An API object is kept as the very JSON text that is sent (`body`), with the
 * columns that queries need beside it. Rows are ordered by an internal, strictly increasing sequence, since
 * `created_at` has whole seconds and ties are the rule.
 *
 * Every read and write names a project first, and the adapter scopes every query by it.
 */
export interface Store {
  /** Committed rows of one project. */
  read(project: string): Reader
  /**
   * Runs `work` in one transaction: all of it is durable when the promise resolves, and nothing of it happened when
   * it rejects. Inside, wait for nothing but `tx`: on SQLite everyone else's writes wait for you.
   */
  transaction<Result>(project: string, work: (tx: Transaction) => Promise<Result>): Promise<Result>
  readonly queue: JobQueue
  readonly segments: SegmentSource
  /** Only of a database that several processes can share. */
  readonly cluster?: Cluster
  /** Rows whose time is over, in every project; for the sweeper. `limit` of each kind at the most. */
  overdue(now: number, limit: number): Promise<Overdue>
  /** Resolves when a trivial query has been answered; rejects when the database cannot be reached. */
  check(): Promise<void>
  close(): Promise<void>
}

/** What every row has. `id` is unique within its project, `body` is the object as it is sent. */
export interface Row<Thing = unknown> {
  readonly id: string
  readonly body: JsonText<Thing>
}

export type AssistantRow = Row<Assistant>
export type ThreadRow = Row<Thread>

export interface MessageRow extends Row<Message> {
  readonly thread_id: string
  readonly run_id: string | null
  /** What its annotations point at, one entry for each; null where there are none. */
  readonly citations: JsonText<readonly Citation[]> | null
}

export interface RunRow extends Row<Run> {
  readonly thread_id: string
  readonly status: RunStatus
  /** Our own side of a run: what its body does not show but its execution needs, as JSON text. */
  readonly details: string
  /** Unix seconds; null once the run is over. */
  readonly expires_at: number | null
}

export interface StepRow extends Row<RunStep> {
  readonly thread_id: string
  readonly run_id: string
  readonly status: StepStatus
  /** Which model call of the run made it, counted from 0: the steps of one turn were one reply of the model. */
  readonly turn: number
  /** Usage as JSON text while the step is still open and its `body` therefore has to show null. */
  readonly usage: string | null
  /** The step with everything that `include[]` can ask for; null where that is nothing more than `body`. */
  readonly full: JsonText<RunStep> | null
  /** Our own side of a step: what its calls were asked and what the model read of them, as JSON text. */
  readonly details: string | null
}

export interface FileRow extends Row<File> {
  readonly purpose: string
  /** Unix seconds; null keeps the file for good. */
  readonly expires_at: number | null
}

export interface UploadRow extends Row<Upload> {
  readonly status: 'pending' | 'completed' | 'cancelled' | 'expired'
  readonly expires_at: number
  /** Our own side of an upload: what its body does not show but its completion needs, as JSON text. */
  readonly details: string
}

export interface UploadPartRow extends Row<UploadPart> {
  readonly upload_id: string
  readonly bytes: number
}

export interface VectorStoreRow extends Row<VectorStore> {
  /** Unix seconds; null without a policy, and once it is expired. */
  readonly expires_at: number | null
}

/** A file within a store. `id` is the file's, and so unique only within its store. */
export interface VectorStoreFileRow extends Row<VectorStoreFile> {
  readonly vector_store_id: string
  readonly status: StoreFileStatus
  /** The batch it came with; null when it came alone. */
  readonly batch_id: string | null
  readonly filename: string
  /** Its attributes as JSON text, for searches that need nothing else of it. */
  readonly attributes: string
}

export interface FileBatchRow extends Row<FileBatch> {
  readonly vector_store_id: string
}

/** The searchable form of one file in one store. */
export interface SegmentRow extends SegmentBytes {
  readonly id: string
  readonly vector_store_id: string
  readonly file_id: string
}

/** What is kept of a thread's Python, so that it can be rebuilt. */
export interface InterpreterRow {
  readonly thread_id: string
  /** Which files lie in its `/mnt/data`, as JSON text. */
  readonly files: string
  /** Unix seconds of the call after which this was written. */
  readonly used_at: number
  /** The node that its session was on then; null where there is only one. */
  readonly node: string | null
}

/** One page of a list. Cursors are ids; an id that is not in the list throws `UnknownCursor`. */
export interface Page {
  readonly limit: number
  readonly order: 'asc' | 'desc'
  readonly after?: string | undefined
  readonly before?: string | undefined
}

/** A page's items in the requested order, and whether more follow in the walking direction. */
export interface Listed<Thing = unknown> {
  readonly items: readonly Row<Thing>[]
  readonly has_more: boolean
}

/** Thrown when the store does not answer. Whether it has committed is not known. */
export class StoreUnreachable extends Error {
  override readonly name: string = 'StoreUnreachable'
}

/** Thrown by `list` when `after` or `before` names nothing in that list. */
export class UnknownCursor extends Error {
  override readonly name = 'UnknownCursor'
  readonly param: 'after' | 'before'
  readonly id: string

  constructor(param: 'after' | 'before', id: string) {
    super(`no item with id '${id}' in this list`)
    this.param = param
    this.id = id
  }
}

export interface Records<Kind extends Row> {
  get(id: string): Promise<Kind | undefined>
}

/** Records that are listed; `Filter` names the columns that narrow the list, all of them equalities. */
export interface ListedRecords<Kind extends Row, Filter> extends Records<Kind> {
  list(filter: Filter, page: Page): Promise<Listed<Kind extends Row<infer Thing> ? Thing : never>>
}

export type MessageFilter = { thread_id: string; run_id?: string | undefined }
export type NoFilter = Record<never, never>

export interface Reader {
  readonly assistants: ListedRecords<AssistantRow, NoFilter>
  readonly threads: Records<ThreadRow>
  readonly messages: ListedRecords<MessageRow, MessageFilter> & {
    /**
     * Bodies of the newest `limit` messages of the thread, newest first, leaving out those that `exceptRun` wrote.
     * For prompts.
     */
    newest(thread_id: string, options: { exceptRun: string; limit: number }): Promise<JsonText<Message>[]>
  }
  readonly runs: ListedRecords<RunRow, { thread_id: string }>
  readonly steps: Records<StepRow> & {
    /** With `full`, steps show everything that `include[]` can ask for. */
    list(filter: { run_id: string }, page: Page, view: { full: boolean }): Promise<Listed<RunStep>>
    /** All steps of the run, oldest first. */
    ofRun(run_id: string): Promise<StepRow[]>
  }
  readonly files: ListedRecords<FileRow, { purpose?: string | undefined }>
  readonly uploads: Records<UploadRow>
  readonly uploadParts: Records<UploadPartRow>
  readonly vectorStores: ListedRecords<VectorStoreRow, NoFilter>
  readonly vectorStoreFiles: StoreFileReader
  readonly fileBatches: Records<FileBatchRow>
  readonly interpreters: {
    get(thread_id: string): Promise<InterpreterRow | undefined>
  }
}

export type StoreFileFilter = {
  vector_store_id: string
  batch_id?: string | undefined
  status?: StoreFileStatus | undefined
}

export interface StoreFileReader {
  get(vector_store_id: string, file_id: string): Promise<VectorStoreFileRow | undefined>
  /** Cursors are file ids; one whose status has changed since it was listed still has its place. */
  list(filter: StoreFileFilter, page: Page): Promise<Listed<VectorStoreFile>>
  /** The id of the file's segment in this store; undefined while it has none. */
  segmentOf(vector_store_id: string, file_id: string): Promise<string | undefined>
}

/** `update` and `remove` answer whether there was such a row. `insert` of an id that exists rejects. */
export interface RecordWriter<Kind extends Row> extends Records<Kind> {
  insert(row: Kind): Promise<void>
  update(id: string, change: Partial<Omit<Kind, 'id'>>): Promise<boolean>
  remove(id: string): Promise<boolean>
}

/** For taking a deleted file off the lists it is on. */
export interface Mentions<Kind extends Row> {
  /** Every row with a list of files in its body whose body also names this one, if only in its metadata. */
  mentioning(file_id: string): Promise<Kind[]>
}

/** A row that is read inside a transaction stays as it is until the transaction ends. */
export interface Transaction {
  readonly assistants: RecordWriter<AssistantRow> & Mentions<AssistantRow>
  readonly threads: RecordWriter<ThreadRow> &
    Mentions<ThreadRow> & {
      /**
       * The thread, held until the transaction ends so that nobody else starts a run on it or adds to it meanwhile.
       * `remove` takes its messages, runs, steps and their jobs, and its interpreter along.
       */
      lock(id: string): Promise<ThreadRow | undefined>
    }
  readonly messages: RecordWriter<MessageRow>
  readonly runs: Records<RunRow> & {
    /** Rejects with `ActiveRunExists` when the thread has a run that is not over. */
    insert(row: RunRow): Promise<void>
    /** The thread's run that is not over, if there is one. There is never more than one. */
    activeOn(thread_id: string): Promise<RunRow | undefined>
    /**
     * Changes the row only if its status is one of `from`; answers whether it did. A status that stays the same
     * (`from` contains it) makes this a guarded update.
     */
    transition(id: string, change: RunChange): Promise<boolean>
  }
  readonly steps: RecordWriter<StepRow> & {
    ofRun(run_id: string): Promise<StepRow[]>
  }
  readonly files: RecordWriter<FileRow>
  readonly uploads: RecordWriter<UploadRow>
  readonly uploadParts: RecordWriter<UploadPartRow> & {
    ofUpload(upload_id: string): Promise<UploadPartRow[]>
  }
  /** `remove` takes its files, their segments and its batches along. */
  readonly vectorStores: RecordWriter<VectorStoreRow>
  readonly vectorStoreFiles: {
    get(vector_store_id: string, file_id: string): Promise<VectorStoreFileRow | undefined>
    insert(row: VectorStoreFileRow): Promise<void>
    update(
      vector_store_id: string,
      file_id: string,
      change: Partial<Omit<VectorStoreFileRow, 'id' | 'vector_store_id'>>,
    ): Promise<boolean>
    /** Takes its segment along. */
    remove(vector_store_id: string, file_id: string): Promise<boolean>
    /** The stores that hold this file. */
    holding(file_id: string): Promise<VectorStoreFileRow[]>
    /** The files of a batch that are still in progress. */
    openOfBatch(batch_id: string): Promise<VectorStoreFileRow[]>
    /** Everything of a store: its files and their segments. */
    removeAll(vector_store_id: string): Promise<void>
  }
  readonly fileBatches: RecordWriter<FileBatchRow>
  readonly segments: {
    /** Replaces the segment that the file has in this store. */
    put(row: SegmentRow): Promise<void>
    /** Frees the segments of a store; its files stay listed. */
    removeAll(vector_store_id: string): Promise<void>
  }
  readonly interpreters: {
    /** Replaces what is kept of this thread's. */
    put(row: InterpreterRow): Promise<void>
  }
  readonly jobs: JobWriter
}

export interface RunChange {
  readonly from: readonly RunStatus[]
  readonly to: RunStatus
  readonly body: JsonText<Run>
  readonly expires_at: number | null
}

/** Thrown by `runs.insert` when another run holds the thread. */
export class ActiveRunExists extends Error {
  override readonly name = 'ActiveRunExists'
  readonly thread_id: string

  constructor(thread_id: string) {
    super(`thread ${thread_id} has an active run`)
    this.thread_id = thread_id
  }
}

export interface Overdue {
  readonly runs: readonly { project: string; id: string }[]
  readonly files: readonly { project: string; id: string }[]
  readonly uploads: readonly { project: string; id: string }[]
  readonly vectorStores: readonly { project: string; id: string }[]
}
