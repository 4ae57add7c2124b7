import type { File } from '../api/file.ts'
import { fromText, toText } from '../api/json.ts'
import type { AttachFileRequest, VectorStore, VectorStoreFile } from '../api/vector-store.ts'
import type { Now } from '../lib/clock.ts'
import type { NewId } from '../lib/id.ts'
import type { Transaction } from '../ports/store.ts'
import { afterMoves, refuseExpired, updateBatches, updateStore, usedAt } from './change-store.ts'
import type { FileMove } from './file-counts.ts'
import { addIndexJob } from './index-job.ts'
import { requireFiles } from './require-files.ts'
import { shownStrategy } from './shown-strategy.ts'

/** Where new stores, their entries and their jobs have identity and time from. */
export interface MakeStores {
  readonly newId: NewId
  readonly now: Now
}

/**
 * Attaches files to a store and queues their ingestion; answers the store after that. A file that was there already
 * starts anew, as the newest entry. Of a file named twice, the last counts. Rejects with `ApiError` when the store has
 * expired or a file does not exist. `batch_id` names a batch that is written with these files counted.
 */
export async function attachFiles(
  tx: Transaction,
  vectorStore: VectorStore,
  requests: readonly AttachFileRequest[],
  { newId, now, batch_id = null }: MakeStores & { batch_id?: string | null },
): Promise<VectorStore> {
  refuseExpired(vectorStore)
  const byId = new Map(requests.map((request) => [request.file_id, request]))
  const known = await requireFiles(tx, [...byId.keys()])
  const moves: FileMove[] = []
  for (const file of known) {
    const { chunking_strategy, attributes } = byId.get(file.id) ?? {}
    const chunking = shownStrategy(chunking_strategy)
    const entry = newEntry(vectorStore.id, file, { created_at: now(), chunking, attributes: attributes ?? {} })
    moves.push(...(await replaceEntry(tx, entry)), { from: null, to: 'in_progress', batch_id, bytes: 0 })
    await insertEntry(tx, entry, { batch_id, filename: file.filename })
    await addIndexJob(tx.jobs, { vector_store_id: vectorStore.id, file_id: file.id }, newId)
  }
  const after = usedAt(afterMoves(vectorStore, moves), now())
  await updateStore(tx, after)
  await updateBatches(
    tx,
    moves.filter(({ from }) => from !== null),
  )
  return after
}

function newEntry(
  vector_store_id: string,
  { id }: Pick<File, 'id'>,
  given: {
    created_at: number
    chunking: VectorStoreFile['chunking_strategy']
    attributes: VectorStoreFile['attributes']
  },
): VectorStoreFile {
  return {
    id,
    object: 'vector_store.file',
    usage_bytes: 0,
    created_at: given.created_at,
    vector_store_id,
    status: 'in_progress',
    last_error: null,
    chunking_strategy: given.chunking,
    attributes: given.attributes,
  }
}

/** Takes away the entry that this file has in the store so far, with all that was made of it. */
async function replaceEntry(tx: Transaction, { vector_store_id, id }: VectorStoreFile): Promise<FileMove[]> {
  const row = await tx.vectorStoreFiles.get(vector_store_id, id)
  if (!row) return []
  await tx.vectorStoreFiles.remove(vector_store_id, id)
  const { status, usage_bytes } = fromText(row.body)
  return [{ from: status, to: null, batch_id: row.batch_id, bytes: -usage_bytes }]
}

async function insertEntry(
  tx: Pick<Transaction, 'vectorStoreFiles'>,
  entry: VectorStoreFile,
  { batch_id, filename }: { batch_id: string | null; filename: string },
): Promise<void> {
  const { id, vector_store_id, status } = entry
  const attributes = toText(entry.attributes)
  const body = toText(entry)
  await tx.vectorStoreFiles.insert({ id, vector_store_id, status, batch_id, filename, attributes, body })
}
