import { badRequest, notFound } from '../api/error.ts'
import { type JsonText, toText } from '../api/json.ts'
import type { Run } from '../api/run.ts'
import type { StreamEvent } from '../api/stream-event.ts'
import type { Now } from '../lib/clock.ts'
import type { RunEvents, RunLog } from '../ports/events.ts'
import type { RunRow, Store, Transaction } from '../ports/store.ts'
import { changeRun } from './change-run.ts'
import { endRun } from './end-run.ts'
import { requireRun } from './require-run.ts'
import { isActive } from './run-status.ts'
import { streamBroke } from './stream-broke.ts'

/** A run at work ends itself when it is told that its time is over; so many seconds later it is stuck. */
const patienceSeconds = 5

interface StopParts {
  store: Store
  events: RunEvents
  now: Now
}

/**
 * The ways to stop a run from outside of it. A run that executes is asked to stop, and its executor ends it with all
 * that it knows; a run that nobody executes is ended here, and its job with it.
 */
export function createRunStops({ store, events, now }: StopParts) {
  /** When a run at work was first told that its time is over, by the log of its present leg. */
  const expiredAt = new WeakMap<RunLog, number>()

  /** `POST …/cancel`. Queued and waiting runs are `cancelled` at once, a run at work is `cancelling` first. */
  async function cancel(project: string, thread_id: string, run_id: string): Promise<JsonText<Run>> {
    const stopped = await store.transaction(project, async (tx) => {
      const row = await requireRun(tx, thread_id, run_id)
      if (!isActive(row.status) || row.status === 'cancelling') {
        throw badRequest(`Cannot cancel run with status '${row.status}'.`)
      }
      if (row.status !== 'in_progress') return { run: undefined, told: await endHere(tx, row, 'cancelled') }
      return { run: await changeRun(tx, run_id, { status: 'cancelling' }), told: [] }
    })
    tell(run_id, stopped.told)
    if (stopped.run && !(await events.interrupt(project, run_id, 'cancelled'))) await end(project, run_id, 'cancelled')
    return stopped.run ? toText(stopped.run) : bodyOf(project, run_id)
  }

  /** For the sweeper: ends a run whose time is over, wherever it stands. Nothing happens when it is over already. */
  async function expire(project: string, run_id: string): Promise<void> {
    const reached = events.interrupt(project, run_id, 'expired')
    // Where it is known at once, nobody else gets a turn before the run is ended.
    if (typeof reached === 'boolean' ? reached : await reached) {
      if (!isStuck(events.current(run_id))) return
      // What a stuck executor has said is with it alone, so its stream cannot be brought to a proper end.
      tell(run_id, streamBroke('The run has expired, and whoever executes it does not answer.'))
    }
    await end(project, run_id, 'expired')
  }

  function isStuck(log: RunLog | undefined): boolean {
    if (!log) return false
    const since = expiredAt.get(log) ?? now()
    expiredAt.set(log, since)
    return now() - since >= patienceSeconds
  }

  /** Ends a run that nobody executes, unless it is over already. */
  async function end(project: string, run_id: string, status: 'cancelled' | 'expired'): Promise<void> {
    const told = await store.transaction(project, async (tx) => {
      const row = await tx.runs.get(run_id)
      return row && isActive(row.status) ? endHere(tx, row, status) : []
    })
    tell(run_id, told)
  }

  /** For a deleted thread: whoever executes or follows this run hears that it is gone. */
  async function removed(project: string, run_id: string): Promise<void> {
    if (!(await events.interrupt(project, run_id, 'deleted')))
      tell(run_id, streamBroke('The thread was deleted, and the run with it.'))
  }

  async function endHere(tx: Transaction, row: RunRow, status: 'cancelled' | 'expired'): Promise<StreamEvent[]> {
    const told = await endRun(tx, row.id, { status }, { now: now() })
    if (!told) throw new Error(`run ${row.id} changed inside its own transaction`)
    await tx.jobs.removeAbout(row.id)
    return told
  }

  /** Whoever follows a run that waits here for its turn. */
  function tell(run_id: string, told: readonly StreamEvent[]): void {
    if (told.length > 0) events.current(run_id)?.append(...told)
  }

  async function bodyOf(project: string, run_id: string): Promise<JsonText<Run>> {
    const row = await store.read(project).runs.get(run_id)
    if (!row) throw notFound('run', run_id)
    return row.body
  }

  return { cancel, expire, removed }
}
