import { fromText, toText } from '../api/json.ts'
import type { VectorStoreFile } from '../api/vector-store.ts'
import type { Transaction, VectorStoreFileRow } from '../ports/store.ts'
import { afterMoves, requireStore, updateBatches, updateStore } from './change-store.ts'
import type { FileMove } from './file-counts.ts'
import { removeIndexJob } from './index-job.ts'

type Changes = Pick<Transaction, 'vectorStores' | 'vectorStoreFiles' | 'fileBatches'>

/** How the ingestion of a file ended. */
export type FileOutcome =
  | { readonly status: 'completed'; readonly usage_bytes: number }
  | { readonly status: 'failed'; readonly last_error: NonNullable<VectorStoreFile['last_error']> }
  | { readonly status: 'cancelled' }

/** Ends files of one store that were in progress, and counts them where they belong. */
export async function settleFiles(
  tx: Changes,
  vector_store_id: string,
  rows: readonly VectorStoreFileRow[],
  outcome: FileOutcome,
): Promise<void> {
  const moves: FileMove[] = []
  for (const row of rows) {
    const body = toText({ ...fromText(row.body), ...outcome })
    await tx.vectorStoreFiles.update(vector_store_id, row.id, { status: outcome.status, body })
    const bytes = outcome.status === 'completed' ? outcome.usage_bytes : 0
    moves.push({ from: row.status, to: outcome.status, batch_id: row.batch_id, bytes })
  }
  await countFiles(tx, vector_store_id, moves)
}

/** Takes a file out of a store: its entry, its passages, and the work on it that is still to be done. */
export async function removeFromStore(
  tx: Changes & Pick<Transaction, 'jobs'>,
  { vector_store_id, id, batch_id, body }: VectorStoreFileRow,
): Promise<void> {
  await removeIndexJob(tx.jobs, { vector_store_id, file_id: id })
  await tx.vectorStoreFiles.remove(vector_store_id, id)
  const { status, usage_bytes } = fromText(body)
  await countFiles(tx, vector_store_id, [{ from: status, to: null, batch_id, bytes: -usage_bytes }])
}

async function countFiles(tx: Changes, vector_store_id: string, moves: readonly FileMove[]): Promise<void> {
  await updateStore(tx, afterMoves(await requireStore(tx, vector_store_id), moves))
  await updateBatches(tx, moves)
}
