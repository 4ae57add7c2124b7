import { fromText } from '../api/json.ts'
import type { Run } from '../api/run.ts'
import type { StreamEvent } from '../api/stream-event.ts'
import type { HeldJob } from '../jobs/worker.ts'
import { unreachable } from '../lib/unreachable.ts'
import type { StepRow, Store, Transaction } from '../ports/store.ts'
import { changeRun } from './change-run.ts'
import { endRun } from './end-run.ts'

/** A run that goes on here: with its steps so far, and the number of the model call that comes next. */
export interface BegunRun {
  readonly run: Run
  readonly steps: readonly StepRow[]
  readonly turn: number
}

/**
 * Starts a queued run, or takes up one that was interrupted from its last finished step: what an interrupted model
 * call had half written is withdrawn, and the call is made again. A run with nothing left to do here ends or is left
 * alone, and its job is done; then the events that tell so are answered instead.
 */
export function beginRun(store: Store, job: HeldJob, now: number): Promise<BegunRun | StreamEvent[]> {
  return store.transaction(job.project, async (tx) => {
    const row = await tx.runs.get(job.subject)
    if (!row) return over(tx, job, [])
    switch (row.status) {
      case 'queued': {
        if (isOverdue(row.expires_at, now))
          return over(tx, job, await endRun(tx, row.id, { status: 'expired' }, { now }))
        const run = await changeRun(tx, row.id, { status: 'in_progress', started_at: now })
        if (!run) throw new Error(`run ${row.id} cannot start`)
        return begun(run, await tx.steps.ofRun(run.id))
      }
      case 'in_progress':
        if (isOverdue(row.expires_at, now))
          return over(tx, job, await endRun(tx, row.id, { status: 'expired' }, { now }))
        return begun(fromText(row.body), await withdrawOpenTurn(tx, row.id))
      case 'cancelling':
        return over(tx, job, await endRun(tx, row.id, { status: 'cancelled' }, { now }))
      case 'requires_action':
      case 'completed':
      case 'incomplete':
      case 'failed':
      case 'cancelled':
      case 'expired':
        return over(tx, job, [])
      default:
        return unreachable(row.status)
    }
  })
}

function begun(run: Run, steps: readonly StepRow[]): BegunRun {
  return { run, steps, turn: (steps.at(-1)?.turn ?? -1) + 1 }
}

async function over(tx: Transaction, job: HeldJob, events: StreamEvent[] | undefined): Promise<StreamEvent[]> {
  await tx.jobs.complete(job.id, job.owner)
  return events ?? []
}

function isOverdue(expires_at: number | null, now: number): boolean {
  return expires_at !== null && expires_at <= now
}

/** Removes every step and message of the turn that was cut, if one was; answers the steps that stand. */
async function withdrawOpenTurn(tx: Transaction, run_id: string): Promise<StepRow[]> {
  const steps = await tx.steps.ofRun(run_id)
  const cut = steps.find((step) => step.status === 'in_progress')
  if (!cut) return steps
  const withdrawn = steps.filter((step) => step.turn === cut.turn)
  for (const row of withdrawn) {
    const details = fromText(row.body).step_details
    if (details.type === 'message_creation') await tx.messages.remove(details.message_creation.message_id)
    await tx.steps.remove(row.id)
  }
  return steps.filter((step) => step.turn !== cut.turn)
}
