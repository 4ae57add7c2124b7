import { fromText } from '../api/json.ts'
import type { Run } from '../api/run.ts'
import type { StreamEvent } from '../api/stream-event.ts'
import type { HeldJob } from '../jobs/job-handler.ts'
import { unreachable } from '../lib/unreachable.ts'
import type { RunRow, StepRow, Store, Transaction } from '../ports/store.ts'
import { changeRun } from './change-run.ts'
import { endOfStream, endRun } from './end-run.ts'
import { detailsOf, type RunDetails } from './run-details.ts'
import { isActive } from './run-status.ts'
import { carriedOut } from './step-details.ts'
import { streamBroke } from './stream-broke.ts'

/** A run that goes on here: with its steps so far, and the number of the model call that comes next. */
export interface BegunRun {
  readonly run: Run
  readonly details: RunDetails
  readonly steps: readonly StepRow[]
  readonly turn: number
  /** Whether this is the beginning of a leg, and not what another process has left of it. */
  readonly fresh: boolean
}

/**
 * Starts a queued run, or takes up one that was interrupted from its last finished step: what an interrupted model
 * call had half written is withdrawn, and the call is made again. When nothing is left to do here the job is done, and
 * the events that end the run's stream are answered instead.
 */
export function beginRun(store: Store, job: HeldJob, now: number): Promise<BegunRun | StreamEvent[]> {
  return store.transaction(job.project, async (tx) => {
    const row = await tx.runs.get(job.subject)
    if (!row) return streamBroke('The thread was deleted, and the run with it.')
    if (!(await tx.jobs.held(job.id, job.owner))) return asItStands(row)
    switch (row.status) {
      case 'queued':
        return isOverdue(row, now) ? end(tx, job, 'expired', now) : start(tx, row, now)
      case 'in_progress':
        return isOverdue(row, now) ? end(tx, job, 'expired', now) : resume(tx, row)
      case 'cancelling':
        return end(tx, job, 'cancelled', now)
      case 'requires_action':
      case 'completed':
      case 'incomplete':
      case 'failed':
      case 'cancelled':
      case 'expired':
        await tx.jobs.complete(job.id, job.owner)
        return asItStands(row)
      default:
        return unreachable(row.status)
    }
  })
}

async function start(tx: Transaction, row: RunRow, now: number): Promise<BegunRun> {
  const run = await changeRun(tx, row.id, { status: 'in_progress', started_at: now })
  if (!run) throw new Error(`run ${row.id} changed inside its own transaction`)
  return begun(run, row, await tx.steps.ofRun(row.id), true)
}

async function resume(tx: Transaction, row: RunRow): Promise<BegunRun> {
  return begun(fromText(row.body), row, await withdrawOpenTurn(tx, row.id), false)
}

function begun(run: Run, row: RunRow, steps: readonly StepRow[], fresh: boolean): BegunRun {
  return { run, details: detailsOf(row), steps, turn: (steps.at(-1)?.turn ?? -1) + 1, fresh }
}

async function end(
  tx: Transaction,
  job: HeldJob,
  status: 'cancelled' | 'expired',
  now: number,
): Promise<StreamEvent[]> {
  await tx.jobs.complete(job.id, job.owner)
  const told = await endRun(tx, job.subject, { status }, { now })
  if (!told) throw new Error(`run ${job.subject} changed inside its own transaction`)
  return told
}

/** Ends the stream of a run that is not ours, or no longer. */
function asItStands(row: RunRow): StreamEvent[] {
  if (isActive(row.status)) return streamBroke('The run goes on elsewhere. Read the run to see how it stands.')
  return endOfStream(fromText(row.body))
}

function isOverdue({ expires_at }: RunRow, now: number): boolean {
  return expires_at !== null && expires_at <= now
}

/**
 * Removes what an interrupted turn left open; answers the steps that stand. A turn in which the server had finished a
 * call keeps what is finished, since no call is carried out twice; of any other turn nothing stays.
 */
async function withdrawOpenTurn(tx: Transaction, run_id: string): Promise<StepRow[]> {
  const steps = await tx.steps.ofRun(run_id)
  const cut = steps.find((step) => step.status === 'in_progress')
  if (!cut) return steps
  const turn = steps.filter((step) => step.turn === cut.turn)
  const withdrawn = turn.some((step) => carriedOut(step).length > 0) ? [cut] : turn
  for (const row of withdrawn) {
    const details = fromText(row.body).step_details
    if (details.type === 'message_creation') await tx.messages.remove(details.message_creation.message_id)
    await tx.steps.remove(row.id)
  }
  return steps.filter((step) => !withdrawn.includes(step))
}
