import { fromText, toText } from '../api/json.ts'
import type { Run } from '../api/run.ts'
import type { Transaction } from '../ports/store.ts'
import { before } from './run-status.ts'

/**
 * Moves the run to another status together with the fields that go with it. Undefined, and nothing changed, when the
 * run is gone or in a status that cannot lead there: somebody else was first, and what they did stands.
 */
export async function changeRun(
  tx: Transaction,
  id: string,
  change: Partial<Run> & Pick<Run, 'status'>,
): Promise<Run | undefined> {
  const from = before(change.status)
  const row = await tx.runs.get(id)
  if (!row || !from.includes(row.status)) return undefined
  const run: Run = { ...fromText(row.body), ...change }
  const changed = await tx.runs.transition(id, { from, to: run.status, body: toText(run), expires_at: run.expires_at })
  return changed ? run : undefined
}
