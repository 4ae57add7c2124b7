import type { CreateVectorStoreRequest, VectorStore } from '../api/vector-store.ts'
import type { Transaction } from '../ports/store.ts'
import { attachFiles, type MakeStores } from './attach-files.ts'
import { storeRow, usedAt } from './change-store.ts'
import { noFiles } from './file-counts.ts'

/** Makes a store and attaches its first files. Rejects with `ApiError` when one of them does not exist. */
export async function insertVectorStore(
  tx: Transaction,
  { file_ids = [], chunking_strategy, ...request }: CreateVectorStoreRequest,
  make: MakeStores,
): Promise<VectorStore> {
  const empty = newVectorStore(request, { id: make.newId('vector_store'), created_at: make.now() })
  await tx.vectorStores.insert(storeRow(empty))
  if (file_ids.length === 0) return empty
  const requests = file_ids.map((file_id) => ({ file_id, chunking_strategy }))
  return attachFiles(tx, empty, requests, make)
}

function newVectorStore(
  { name, description, expires_after, metadata }: CreateVectorStoreRequest,
  { id, created_at }: Pick<VectorStore, 'id' | 'created_at'>,
): VectorStore {
  const vectorStore: VectorStore = {
    id,
    object: 'vector_store',
    created_at,
    name: name ?? '',
    description: description ?? null,
    usage_bytes: 0,
    file_counts: noFiles,
    status: 'completed',
    expires_after: expires_after ?? null,
    expires_at: null,
    last_active_at: created_at,
    metadata: metadata ?? {},
  }
  return usedAt(vectorStore, created_at)
}
