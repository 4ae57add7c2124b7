import type {
  AssistantRow,
  FileBatchRow,
  FileRow,
  InterpreterRow,
  MessageRow,
  RunRow,
  SegmentRow,
  StepRow,
  ThreadRow,
  UploadPartRow,
  UploadRow,
  VectorStoreFileRow,
  VectorStoreRow,
} from '../../src/ports/store.ts'

let made = 0

/** An id that no other call has answered. */
export function freshId(prefix: string): string {
  made += 1
  return `${prefix}_${String(made).padStart(6, '0')}`
}

/** Rows with the least in them; a test says what it cares about. Bodies need not be JSON to be kept. */
export const row = {
  assistant: (change: Partial<AssistantRow> = {}): AssistantRow => ({ ...base('asst'), ...change }),
  thread: (change: Partial<ThreadRow> = {}): ThreadRow => ({ ...base('thread'), ...change }),
  message: (change: Partial<MessageRow> = {}): MessageRow => ({
    ...base('msg'),
    thread_id: 'thread_0',
    run_id: null,
    citations: null,
    ...change,
  }),
  run: (change: Partial<RunRow> = {}): RunRow => ({
    ...base('run'),
    thread_id: 'thread_0',
    status: 'completed',
    details: '{}',
    expires_at: null,
    ...change,
  }),
  step: (change: Partial<StepRow> = {}): StepRow => ({
    ...base('step'),
    thread_id: 'thread_0',
    run_id: 'run_0',
    status: 'in_progress',
    turn: 0,
    usage: null,
    full: null,
    details: null,
    ...change,
  }),
  file: (change: Partial<FileRow> = {}): FileRow => ({
    ...base('file'),
    purpose: 'assistants',
    expires_at: null,
    ...change,
  }),
  upload: (change: Partial<UploadRow> = {}): UploadRow => ({
    ...base('upload'),
    status: 'pending',
    expires_at: 1_700_003_600,
    details: '{"parts":[]}',
    ...change,
  }),
  uploadPart: (change: Partial<UploadPartRow> = {}): UploadPartRow => ({
    ...base('part'),
    upload_id: 'upload_0',
    bytes: 1,
    ...change,
  }),
  vectorStore: (change: Partial<VectorStoreRow> = {}): VectorStoreRow => ({
    ...base('vs'),
    expires_at: null,
    ...change,
  }),
  vectorStoreFile: (change: Partial<VectorStoreFileRow> = {}): VectorStoreFileRow => ({
    ...base('file'),
    vector_store_id: 'vs_0',
    status: 'in_progress',
    batch_id: null,
    filename: 'grundgesetz – ä.pdf',
    attributes: '{}',
    ...change,
  }),
  fileBatch: (change: Partial<FileBatchRow> = {}): FileBatchRow => ({
    ...base('vsfb'),
    vector_store_id: 'vs_0',
    ...change,
  }),
  interpreter: (change: Partial<InterpreterRow> = {}): InterpreterRow => ({
    thread_id: freshId('thread'),
    files: '{"wörter.csv":"file_0"}',
    used_at: 1_700_000_000,
    node: null,
    ...change,
  }),
  segment: (change: Partial<SegmentRow> = {}): SegmentRow => ({
    id: freshId('seg'),
    vector_store_id: 'vs_0',
    file_id: 'file_0',
    chunk_count: 1,
    space: 'model:2',
    texts: Uint8Array.of(1, 2, 3),
    postings: Uint8Array.of(4, 0),
    vectors: Uint8Array.of(5, 6, 7, 8),
    ...change,
  }),
}

function base(prefix: string) {
  const id = freshId(prefix)
  return { id, body: `{"id":"${id}","text":"wörter, \u{1f642} and \\u0000"}` }
}
