import { fromText } from '../api/json.ts'
import type { Run } from '../api/run.ts'
import type { ToolResources } from '../api/tool.ts'
import type { Reader } from '../ports/store.ts'
import { StoreExpired } from '../resources/search-stores.ts'
import type { RunDetails } from './run-details.ts'

/** How long a run waits for files of its thread that are still being ingested, as the original did. */
const patienceMs = 60_000

/** The stores that a run searches, and how many of the thread's files could not be waited for. */
export interface SearchedStores {
  readonly vector_store_ids: readonly string[]
  readonly pendingFiles: number
}

/** Waits until no file of a store is in progress, at most so long; answers how many still are. */
export type WaitForFiles = (
  project: string,
  vector_store_id: string,
  options: { signal: AbortSignal; timeoutMs: number },
) => Promise<number>

/**
 * Finds the stores of the assistant, the run and the thread, once the thread's files are ready. Nothing is waited for
 * when the run cannot search. Rejects with `StoreExpired` when the time of one of them is over.
 */
export async function searchedStores(
  run: Run,
  details: RunDetails,
  { project, read, waitForFiles, signal }: SearchedParts,
): Promise<SearchedStores> {
  if (!run.tools.some(({ type }) => type === 'file_search')) return { vector_store_ids: [], pendingFiles: 0 }
  const thread = await read.threads.get(run.thread_id)
  const ofThread = thread ? storesOf([fromText(thread.body).tool_resources]) : []
  const vector_store_ids = [...new Set([...storesOf(details.resources), ...ofThread])]
  for (const id of vector_store_ids) {
    const row = await read.vectorStores.get(id)
    if (row && fromText(row.body).status === 'expired') throw new StoreExpired(id)
  }
  let pendingFiles = 0
  for (const id of ofThread) pendingFiles += await waitForFiles(project, id, { signal, timeoutMs: patienceMs })
  return { vector_store_ids, pendingFiles }
}

interface SearchedParts {
  project: string
  read: Pick<Reader, 'threads' | 'vectorStores'>
  waitForFiles: WaitForFiles
  signal: AbortSignal
}

function storesOf(resources: readonly ToolResources[]): string[] {
  return resources.flatMap(({ file_search }) => file_search?.vector_store_ids ?? [])
}
