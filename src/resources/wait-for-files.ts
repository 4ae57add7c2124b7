import { setTimeout as pause } from 'node:timers/promises'
import { fromText } from '../api/json.ts'
import type { Store } from '../ports/store.ts'

const pollMs = 100

/**
 * Waits until no file of the store is in progress, at most `timeoutMs`. Answers how many still are: 0 when all are done,
 * and for a store that does not exist. Rejects with the signal's reason once it is aborted.
 */
export async function waitForFiles(
  store: Pick<Store, 'read'>,
  project: string,
  vector_store_id: string,
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
): Promise<number> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    signal.throwIfAborted()
    const waiting = await inProgress(store, project, vector_store_id)
    const left = deadline - performance.now()
    if (waiting === 0 || left <= 0) return waiting
    await pause(Math.min(pollMs, left), undefined, { signal }).catch((error: unknown) => {
      signal.throwIfAborted()
      throw error
    })
  }
}

async function inProgress(store: Pick<Store, 'read'>, project: string, id: string): Promise<number> {
  const row = await store.read(project).vectorStores.get(id)
  return row ? fromText(row.body).file_counts.in_progress : 0
}
