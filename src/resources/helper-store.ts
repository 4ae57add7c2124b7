import type { ToolResourcesInput } from '../api/tool.ts'
import type { NewToolResourcesInput, StoreExpiresAfter } from '../api/vector-store.ts'
import type { Transaction } from '../ports/store.ts'
import type { MakeStores } from './attach-files.ts'
import { insertVectorStore } from './new-vector-store.ts'

/** How long a store lives that is made for a thread, once nothing uses it. */
export const threadStorePolicy: StoreExpiresAfter = { anchor: 'last_active_at', days: 7 }

/**
 * The tool resources of a request by ids alone: the store that it asks for is made, with its files on their way. Rejects
 * with `ApiError` when one of them does not exist. What else the request names is for `mergeToolResources` to check.
 */
export async function makeHelperStore(
  tx: Transaction,
  given: NewToolResourcesInput | null | undefined,
  { expires_after, ...make }: MakeStores & { expires_after: StoreExpiresAfter | null },
): Promise<ToolResourcesInput | null | undefined> {
  if (!given?.file_search) return given
  const { vector_stores, ...file_search } = given.file_search
  const [asked] = vector_stores ?? []
  if (!asked) return { ...given, file_search }
  const { id } = await insertVectorStore(tx, { ...asked, expires_after }, make)
  return { ...given, file_search: { vector_store_ids: [id] } }
}
