import { badRequest, notFound } from '../api/error.ts'
import { fromText, toText } from '../api/json.ts'
import type { FileBatch, VectorStore } from '../api/vector-store.ts'
import type { Reader, Transaction, VectorStoreRow } from '../ports/store.ts'
import { countMoves, type FileMove } from './file-counts.ts'

const daySeconds = 86_400

/** The store of this id. Throws the 404 when there is none. */
export async function requireStore(from: Pick<Reader | Transaction, 'vectorStores'>, id: string): Promise<VectorStore> {
  const row = await from.vectorStores.get(id)
  if (!row) throw notFound('vector store', id)
  return fromText(row.body)
}

/** Throws the 400 of a store that takes no files any more. */
export function refuseExpired({ id, status }: VectorStore): void {
  if (status !== 'expired') return
  throw badRequest(`Vector store ${id} has expired. Create a new vector store and attach the files to that one.`)
}

export function storeRow(vectorStore: VectorStore): VectorStoreRow {
  const { id, status, expires_at } = vectorStore
  return { id, body: toText(vectorStore), expires_at: status === 'expired' ? null : expires_at }
}

export async function updateStore(tx: Pick<Transaction, 'vectorStores'>, vectorStore: VectorStore): Promise<void> {
  const { id, ...change } = storeRow(vectorStore)
  await tx.vectorStores.update(id, change)
}

/** Notes that these stores are in use, by the order of their ids, as each is locked; one that is gone is passed over. */
export async function noteUse(
  tx: Pick<Transaction, 'vectorStores'>,
  ids: readonly string[],
  now: number,
): Promise<void> {
  for (const id of [...ids].sort()) {
    const row = await tx.vectorStores.get(id)
    if (row) await updateStore(tx, usedAt(fromText(row.body), now))
  }
}

/** The store as it is when somebody uses it at this time (Unix seconds); nothing wakes an expired one. */
export function usedAt(vectorStore: VectorStore, now: number): VectorStore {
  if (vectorStore.status === 'expired') return vectorStore
  const { expires_after } = vectorStore
  const expires_at = expires_after === null ? null : now + expires_after.days * daySeconds
  return { ...vectorStore, last_active_at: now, expires_at }
}

/** The store after its files moved so; it is `in_progress` for as long as one of them is. */
export function afterMoves(vectorStore: VectorStore, moves: readonly FileMove[]): VectorStore {
  const file_counts = countMoves(vectorStore.file_counts, moves)
  const usage_bytes = moves.reduce((sum, { bytes }) => sum + bytes, vectorStore.usage_bytes)
  if (vectorStore.status === 'expired') return { ...vectorStore, file_counts, usage_bytes }
  return { ...vectorStore, file_counts, usage_bytes, status: file_counts.in_progress > 0 ? 'in_progress' : 'completed' }
}

/** Counts the moves of files in the batches that they came with. A cancelled batch stays one. */
export async function updateBatches(tx: Pick<Transaction, 'fileBatches'>, moves: readonly FileMove[]): Promise<void> {
  for (const [id, own] of Map.groupBy(moves, ({ batch_id }) => batch_id)) {
    const row = id === null ? undefined : await tx.fileBatches.get(id)
    if (row) await tx.fileBatches.update(row.id, { body: toText(batchAfterMoves(fromText(row.body), own)) })
  }
}

function batchAfterMoves(batch: FileBatch, moves: readonly FileMove[]): FileBatch {
  const file_counts = countMoves(batch.file_counts, moves)
  if (batch.status === 'cancelled') return { ...batch, file_counts }
  return { ...batch, file_counts, status: file_counts.in_progress > 0 ? 'in_progress' : 'completed' }
}
