import type { Assistant, CreateAssistantRequest, ModifyAssistantRequest } from '../api/assistant.ts'
import type {
  CompleteUploadRequest,
  CreateUploadRequest,
  File,
  FileExpiresAfter,
  FileListQuery,
  FilePurpose,
  Upload,
  UploadPart,
} from '../api/file.ts'
import type { JsonText } from '../api/json.ts'
import type { ListQuery } from '../api/list.ts'
import type { CreateMessageRequest, Message, ModifyMessageRequest } from '../api/message.ts'
import type { Model } from '../api/model.ts'
import type {
  CreateRunRequest,
  CreateThreadAndRunRequest,
  ModifyRunRequest,
  Run,
  SubmitToolOutputsRequest,
} from '../api/run.ts'
import type { Include, RunStep } from '../api/run-step.ts'
import type { StreamEvent } from '../api/stream-event.ts'
import type { CreateThreadRequest, ModifyThreadRequest, Thread } from '../api/thread.ts'

/**
 * The application as the HTTP floor sees it: one service per kind of object. Every function takes the project first,
 * answers the JSON text that is sent, and rejects with `ApiError` when the client is to hear about it.
 */
export interface Services {
  readonly assistants: Assistants
  readonly threads: Threads
  readonly messages: Messages
  readonly runs: Runs
  readonly files: Files
  readonly uploads: Uploads
  readonly models: Models
}

export interface Assistants {
  create(project: string, request: CreateAssistantRequest): Promise<JsonText<Assistant>>
  get(project: string, id: string): Promise<JsonText<Assistant>>
  list(project: string, query: ListQuery): Promise<string>
  modify(project: string, id: string, request: ModifyAssistantRequest): Promise<JsonText<Assistant>>
  remove(project: string, id: string): Promise<string>
}

export interface Threads {
  create(project: string, request: CreateThreadRequest): Promise<JsonText<Thread>>
  get(project: string, id: string): Promise<JsonText<Thread>>
  modify(project: string, id: string, request: ModifyThreadRequest): Promise<JsonText<Thread>>
  remove(project: string, id: string): Promise<string>
}

/** `run_id` keeps the messages that this run made. */
export type MessageListQuery = ListQuery & { run_id?: string | undefined }

export interface Messages {
  create(project: string, thread_id: string, request: CreateMessageRequest): Promise<JsonText<Message>>
  list(project: string, thread_id: string, query: MessageListQuery): Promise<string>
  get(project: string, thread_id: string, id: string): Promise<JsonText<Message>>
  modify(project: string, thread_id: string, id: string, request: ModifyMessageRequest): Promise<JsonText<Message>>
  remove(project: string, thread_id: string, id: string): Promise<string>
}

/** A run on its way. `events` follows its present leg up to `done`; aborting the signal ends the following only. */
export interface StartedRun {
  readonly run: JsonText<Run>
  events(signal: AbortSignal): AsyncIterable<StreamEvent>
}

/** What a step shows beyond its usual fields. */
export interface StepView {
  readonly include: readonly Include[]
}

export interface Runs {
  create(project: string, thread_id: string, request: CreateRunRequest, view: StepView): Promise<StartedRun>
  createWithThread(project: string, request: CreateThreadAndRunRequest): Promise<StartedRun>
  get(project: string, thread_id: string, run_id: string): Promise<JsonText<Run>>
  list(project: string, thread_id: string, query: ListQuery): Promise<string>
  modify(project: string, thread_id: string, run_id: string, request: ModifyRunRequest): Promise<JsonText<Run>>
  cancel(project: string, thread_id: string, run_id: string): Promise<JsonText<Run>>
  submitToolOutputs(
    project: string,
    thread_id: string,
    run_id: string,
    request: SubmitToolOutputsRequest,
  ): Promise<StartedRun>
  listSteps(project: string, thread_id: string, run_id: string, query: ListQuery & StepView): Promise<string>
  getStep(
    project: string,
    thread_id: string,
    run_id: string,
    step_id: string,
    view: StepView,
  ): Promise<JsonText<RunStep>>
}

/**
 * A file as it comes in. Form fields may follow the bytes, so read `data` to its end before asking for `settings`,
 * which reject with `ApiError` when the purpose is missing or not allowed. Settings that came first and are wrong
 * never get this far.
 */
export interface FileUpload {
  /** Without folders. */
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

export interface Files {
  create(project: string, upload: FileUpload): Promise<JsonText<File>>
  list(project: string, query: FileListQuery): Promise<string>
  get(project: string, id: string): Promise<JsonText<File>>
  remove(project: string, id: string): Promise<string>
  content(project: string, id: string): Promise<FileContent>
}

export interface Uploads {
  create(project: string, request: CreateUploadRequest): Promise<JsonText<Upload>>
  addPart(project: string, upload_id: string, data: AsyncIterable<Uint8Array>): Promise<JsonText<UploadPart>>
  complete(project: string, upload_id: string, request: CompleteUploadRequest): Promise<JsonText<Upload>>
  cancel(project: string, upload_id: string): Promise<JsonText<Upload>>
}

/** Models belong to the installation, not to a project. */
export interface Models {
  list(): Promise<string>
  get(id: string): Promise<JsonText<Model>>
  remove(id: string): Promise<string>
}
