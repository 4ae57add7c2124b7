import type { CreateMessageRequest } from '../api/message.ts'
import type { ToolResources } from '../api/tool.ts'
import type { Transaction } from '../ports/store.ts'
import { attachFiles, type MakeStores } from './attach-files.ts'
import { requireStore } from './change-store.ts'
import { threadStorePolicy } from './helper-store.ts'
import { insertVectorStore } from './new-vector-store.ts'

/** The files that a message attaches for search, each once. */
export function searchFiles({ attachments }: Pick<CreateMessageRequest, 'attachments'>): string[] {
  const attached = (attachments ?? []).filter(({ tools }) => tools?.some(({ type }) => type === 'file_search'))
  return [...new Set(attached.flatMap(({ file_id }) => file_id ?? []))]
}

/**
 * The thread's resources with these files in its store; one is made when it has none, or has one that was deleted. A
 * file that the store holds already is left as it is, unless it failed there. Rejects with `ApiError` when the store
 * has expired.
 */
export async function addSearchFiles(
  tx: Transaction,
  resources: ToolResources,
  file_ids: readonly string[],
  make: MakeStores,
): Promise<ToolResources> {
  if (file_ids.length === 0) return resources
  const [id] = resources.file_search?.vector_store_ids ?? []
  if (id !== undefined && (await tx.vectorStores.get(id))) {
    const missing = await filesToAttach(tx, id, file_ids)
    await attachFiles(tx, await requireStore(tx, id), missing, make)
    return resources
  }
  const made = await insertVectorStore(tx, { file_ids: [...file_ids], expires_after: threadStorePolicy }, make)
  return { ...resources, file_search: { vector_store_ids: [made.id] } }
}

async function filesToAttach(
  tx: Pick<Transaction, 'vectorStoreFiles'>,
  vector_store_id: string,
  file_ids: readonly string[],
): Promise<{ file_id: string }[]> {
  const missing: { file_id: string }[] = []
  for (const file_id of file_ids) {
    const row = await tx.vectorStoreFiles.get(vector_store_id, file_id)
    if (row?.status !== 'completed' && row?.status !== 'in_progress') missing.push({ file_id })
  }
  return missing
}
