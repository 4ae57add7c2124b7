import { ApiError, badRequest } from '../api/error.ts'
import { fromText, type JsonText, toText } from '../api/json.ts'
import type {
  AttachFileRequest,
  FileContentPage,
  ModifyStoreFileRequest,
  StoreFileListQuery,
  VectorStoreFile,
} from '../api/vector-store.ts'
import type { Now } from '../lib/clock.ts'
import type { NewId } from '../lib/id.ts'
import type { SearchIndex } from '../ports/search.ts'
import type { Reader, Store, Transaction, VectorStoreFileRow } from '../ports/store.ts'
import { attachFiles } from './attach-files.ts'
import { requireStore } from './change-store.ts'
import { joinChunks } from './join-chunks.ts'
import { sendList } from './list-envelope.ts'
import { removeFromStore } from './settle-files.ts'

/** The rules of `/vector_stores/{vector_store_id}/files`. */
export function createVectorStoreFiles({
  store,
  index,
  newId,
  now,
}: {
  store: Pick<Store, 'read' | 'transaction'>
  index: Pick<SearchIndex, 'chunks'>
  newId: NewId
  now: Now
}) {
  async function create(
    project: string,
    vector_store_id: string,
    request: AttachFileRequest,
  ): Promise<JsonText<VectorStoreFile>> {
    return store.transaction(project, async (tx) => {
      const vectorStore = await requireStore(tx, vector_store_id)
      await attachFiles(tx, vectorStore, [request], { newId, now })
      return (await requireEntry(tx, vector_store_id, request.file_id)).body
    })
  }

  async function list(
    project: string,
    vector_store_id: string,
    { filter: status, ...page }: StoreFileListQuery,
  ): Promise<string> {
    const reader = store.read(project)
    const listed = reader.vectorStoreFiles.list({ vector_store_id, status }, page)
    return sendList(listed, async () => void (await requireStore(reader, vector_store_id)))
  }

  async function get(project: string, vector_store_id: string, file_id: string): Promise<JsonText<VectorStoreFile>> {
    return (await requireEntry(store.read(project), vector_store_id, file_id)).body
  }

  /** Searches go by the new attributes from the commit on. */
  async function modify(
    project: string,
    vector_store_id: string,
    file_id: string,
    request: ModifyStoreFileRequest,
  ): Promise<JsonText<VectorStoreFile>> {
    return store.transaction(project, async (tx) => {
      const row = await requireEntry(tx, vector_store_id, file_id)
      const attributes = request.attributes ?? {}
      const body = toText({ ...fromText(row.body), attributes })
      await tx.vectorStoreFiles.update(vector_store_id, file_id, { attributes: toText(attributes), body })
      return body
    })
  }

  async function remove(project: string, vector_store_id: string, file_id: string): Promise<string> {
    await store.transaction(project, async (tx) => {
      await removeFromStore(tx, await requireEntry(tx, vector_store_id, file_id))
    })
    return toText({ id: file_id, object: 'vector_store.file.deleted', deleted: true })
  }

  /** The text that search knows, once, in its order. */
  async function content(
    project: string,
    vector_store_id: string,
    file_id: string,
  ): Promise<JsonText<FileContentPage>> {
    const reader = store.read(project)
    const { status } = await requireEntry(reader, vector_store_id, file_id)
    const segment = await reader.vectorStoreFiles.segmentOf(vector_store_id, file_id)
    const chunks = segment === undefined ? undefined : await index.chunks(segment)
    if (!chunks) throw badRequest(`File '${file_id}' has no parsed content: its status is '${status}'.`)
    const data = joinChunks(chunks).map((text) => ({ type: 'text' as const, text }))
    return toText({ object: 'vector_store.file_content.page', data, has_more: false, next_page: null })
  }

  return { create, list, get, modify, remove, content }
}

async function requireEntry(
  from: Pick<Reader | Transaction, 'vectorStores' | 'vectorStoreFiles'>,
  vector_store_id: string,
  file_id: string,
): Promise<VectorStoreFileRow> {
  const row = await from.vectorStoreFiles.get(vector_store_id, file_id)
  if (row) return row
  await requireStore(from, vector_store_id)
  const message = `No file found with id '${file_id}' in vector store '${vector_store_id}'.`
  throw new ApiError({ status: 404, message })
}
