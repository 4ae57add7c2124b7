import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDiskBlobs } from '../../src/adapters/blobs/disk.ts'
import { openSqlite } from '../../src/adapters/database/open-database.ts'
import type { FilePurpose } from '../../src/api/file.ts'
import { newId } from '../../src/lib/id.ts'
import type { Chunk } from '../../src/ports/search.ts'
import type { Store } from '../../src/ports/store.ts'
import { createAssistants } from '../../src/resources/assistants.ts'
import { createFileBatches } from '../../src/resources/file-batches.ts'
import { createFiles, type FileOptions } from '../../src/resources/files.ts'
import { indexFileJob, removeIndexJob } from '../../src/resources/index-job.ts'
import { createMessages } from '../../src/resources/messages.ts'
import { type FileOutcome, settleFiles } from '../../src/resources/settle-files.ts'
import { createThreads } from '../../src/resources/threads.ts'
import { createUploads } from '../../src/resources/uploads.ts'
import { createVectorStoreFiles } from '../../src/resources/vector-store-files.ts'
import { createVectorStores } from '../../src/resources/vector-stores.ts'

/**
 * The services of the resources over a real store and real blobs in a folder of their own. `clock.now` is the time in
 * Unix seconds and stands still until it is set; every model but `no-such-model` is accepted. Nothing ingests files;
 * `passages` is what the index answers for segments.
 */
export async function openResources(options: FileOptions = { downloadAnyFile: false }) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'reprise-resources-'))
  const store = await openSqlite({ path: join(folder.path, 'reprise.sqlite') })
  const blobs = await openDiskBlobs(join(folder.path, 'blobs'))
  const clock = { now: 1_700_000_000 }
  const parts = { store, blobs, newId, now: () => clock.now }
  const removedRuns: string[] = []
  const passages = new Map<string, Chunk[]>()
  const index = { chunks: async (segment_id: string) => passages.get(segment_id) }
  return {
    ...parts,
    folder: folder.path,
    clock,
    assistants: createAssistants({ ...parts, acceptsModel: (model) => model !== 'no-such-model' }),
    threads: createThreads({
      ...parts,
      onRemoved: (_, { run_id }) => removedRuns.push(...(run_id === undefined ? [] : [run_id])),
    }),
    messages: createMessages(parts),
    files: createFiles({ ...parts, options }),
    uploads: createUploads(parts),
    vectorStores: createVectorStores(parts),
    vectorStoreFiles: createVectorStoreFiles({ ...parts, index }),
    fileBatches: createFileBatches(parts),
    passages,
    /** The runs that `onRemoved` was told of. */
    removedRuns,
    async [Symbol.asyncDispose]() {
      await store.close()
      await folder.remove()
    },
  }
}

/** A stream of these pieces, as a body arrives. */
export async function* piecesOf(...pieces: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece)
}

export const project = 'default'

/** The object of a JSON text that is on its way. */
export async function parsed(text: Promise<string>) {
  return JSON.parse(await text)
}

/** Uploads a file and answers its id. */
export async function uploadFile(
  { files }: { files: ReturnType<typeof createFiles> },
  { filename = 'numbers.csv', purpose = 'assistants', content = '1,2\n' }: Partial<UploadedFile> = {},
): Promise<string> {
  const settings = async () => ({ purpose, expires_after: null })
  const { id } = await parsed(files.create(project, { filename, data: piecesOf(content), settings }))
  return id
}

/** Ends the ingestion of a file, with one passage as its segment when it succeeds. */
export async function endIngestion(
  { store }: { store: Store },
  { vector_store_id, file_id }: { vector_store_id: string; file_id: string },
  outcome: FileOutcome = { status: 'completed', usage_bytes: 100 },
): Promise<void> {
  await store.transaction(project, async (tx) => {
    const row = await tx.vectorStoreFiles.get(vector_store_id, file_id)
    if (!row) throw new Error(`${file_id} is not in ${vector_store_id}`)
    await removeIndexJob(tx.jobs, { vector_store_id, file_id })
    await settleFiles(tx, vector_store_id, [row], outcome)
    if (outcome.status !== 'completed') return
    const bytes = { chunk_count: 1, space: null, texts: new Uint8Array(), postings: new Uint8Array(), vectors: null }
    await tx.segments.put({ ...bytes, id: segmentId(file_id), vector_store_id, file_id })
  })
}

export const segmentId = (file_id: string) => `seg_${file_id}`

/** The jobs that wait to be claimed. */
export async function waitingJobs({ store }: { store: Store }): Promise<string[]> {
  const lease = { owner: 'nobody', until: Date.now() }
  const jobs = await store.queue.claim({ kinds: [indexFileJob], lease, now: Date.now(), limit: 1000 })
  return jobs.map(({ subject }) => subject)
}

interface UploadedFile {
  filename: string
  purpose: FilePurpose
  content: string
}

/** Puts a run that is not over on a thread, and answers its id. */
export async function startRun({ store }: { store: Store }, thread_id: string): Promise<string> {
  const id = newId('run')
  await store.transaction(project, (tx) =>
    tx.runs.insert({ id, thread_id, status: 'queued', details: '{}', expires_at: null, body: JSON.stringify({ id }) }),
  )
  return id
}
