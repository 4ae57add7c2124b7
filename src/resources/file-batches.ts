import { notFound } from '../api/error.ts'
import { fromText, type JsonText, toText } from '../api/json.ts'
import type { AttachFileRequest, CreateFileBatchRequest, FileBatch, StoreFileListQuery } from '../api/vector-store.ts'
import type { Now } from '../lib/clock.ts'
import type { NewId } from '../lib/id.ts'
import type { FileBatchRow, Reader, Store, Transaction } from '../ports/store.ts'
import { attachFiles } from './attach-files.ts'
import { requireStore } from './change-store.ts'
import { noFiles } from './file-counts.ts'
import { removeIndexJob } from './index-job.ts'
import { sendList } from './list-envelope.ts'
import { settleFiles } from './settle-files.ts'

/** The rules of `/vector_stores/{vector_store_id}/file_batches`. */
export function createFileBatches({
  store,
  newId,
  now,
}: {
  store: Pick<Store, 'read' | 'transaction'>
  newId: NewId
  now: Now
}) {
  /** All of its files or none: the batch, its entries and their jobs are one transaction. */
  async function create(
    project: string,
    vector_store_id: string,
    request: CreateFileBatchRequest,
  ): Promise<JsonText<FileBatch>> {
    const requests = requestsOf(request)
    const count = new Set(requests.map(({ file_id }) => file_id)).size
    const id = newId('file_batch')
    const body = toText<FileBatch>({
      id,
      object: 'vector_store.files_batch',
      created_at: now(),
      vector_store_id,
      status: 'in_progress',
      file_counts: { ...noFiles, in_progress: count, total: count },
    })
    await store.transaction(project, async (tx) => {
      const vectorStore = await requireStore(tx, vector_store_id)
      await tx.fileBatches.insert({ id, vector_store_id, body })
      await attachFiles(tx, vectorStore, requests, { newId, now, batch_id: id })
    })
    return body
  }

  async function get(project: string, vector_store_id: string, id: string): Promise<JsonText<FileBatch>> {
    return (await requireBatch(store.read(project), vector_store_id, id)).body
  }

  /** Ends what is still in progress; a batch that is over stays as it is. */
  async function cancel(project: string, vector_store_id: string, id: string): Promise<JsonText<FileBatch>> {
    return store.transaction(project, async (tx) => {
      const { body } = await requireBatch(tx, vector_store_id, id)
      const batch = fromText(body)
      if (batch.status !== 'in_progress') return body
      await tx.fileBatches.update(id, { body: toText({ ...batch, status: 'cancelled' }) })
      const open = await tx.vectorStoreFiles.openOfBatch(id)
      for (const { id: file_id } of open) await removeIndexJob(tx.jobs, { vector_store_id, file_id })
      await settleFiles(tx, vector_store_id, open, { status: 'cancelled' })
      return (await requireBatch(tx, vector_store_id, id)).body
    })
  }

  async function listFiles(
    project: string,
    vector_store_id: string,
    id: string,
    { filter: status, ...page }: StoreFileListQuery,
  ): Promise<string> {
    const reader = store.read(project)
    const listed = reader.vectorStoreFiles.list({ vector_store_id, batch_id: id, status }, page)
    return sendList(listed, async () => void (await requireBatch(reader, vector_store_id, id)))
  }

  return { create, get, cancel, listFiles }
}

/** What stands beside `file_ids` holds for each of them; `files` say it for themselves. */
function requestsOf(request: CreateFileBatchRequest): readonly AttachFileRequest[] {
  const { file_ids = [], files, chunking_strategy, attributes } = request
  return files ?? file_ids.map((file_id) => ({ file_id, chunking_strategy, attributes }))
}

async function requireBatch(
  from: Pick<Reader | Transaction, 'vectorStores' | 'fileBatches'>,
  vector_store_id: string,
  id: string,
): Promise<FileBatchRow> {
  await requireStore(from, vector_store_id)
  const row = await from.fileBatches.get(id)
  if (row?.vector_store_id !== vector_store_id) throw notFound('vector store file batch', id)
  return row
}
