import { notFound } from '../api/error.ts'
import type { Reader, RunRow, Transaction } from '../ports/store.ts'

/** The run of this id in this thread. Throws the 404 of whichever of the two does not exist. */
export async function requireRun(
  from: Pick<Reader | Transaction, 'runs' | 'threads'>,
  thread_id: string,
  run_id: string,
): Promise<RunRow> {
  const row = await from.runs.get(run_id)
  if (row?.thread_id === thread_id) return row
  throw (await from.threads.get(thread_id)) ? notFound('run', run_id) : notFound('thread', thread_id)
}
