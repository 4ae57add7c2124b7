import type { Run } from '../api/run.ts'
import type { StreamEvent } from '../api/stream-event.ts'
import type { HeldJob, JobHandler } from '../jobs/job-handler.ts'
import type { Now } from '../lib/clock.ts'
import type { NewId } from '../lib/id.ts'
import type { Log } from '../lib/log.ts'
import type { RunEvents, RunLog } from '../ports/events.ts'
import type { ModelProvider } from '../ports/model.ts'
import type { Store, Transaction } from '../ports/store.ts'
import { askModel } from './ask-model.ts'
import { type BegunRun, beginRun } from './begin-run.ts'
import { endRun } from './end-run.ts'
import { RunInterrupted, watchInterruptions } from './interruption.ts'
import type { ImageSource } from './model-messages.ts'
import type { OpenStep } from './open-step.ts'
import { type Outcome, outcomeOfFailure, outcomeOfInterruption, outcomeOfReply } from './outcome.ts'
import { requireAction } from './require-action.ts'
import { streamBroke } from './stream-broke.ts'
import { createTurnWriter, type TurnWriter } from './write-turn.ts'

interface ExecutorParts {
  store: Store
  provider: ModelProvider
  events: RunEvents
  imageOf: (project: string) => ImageSource
  newId: NewId
  now: Now
  log: Log
}

/**
 * Executes a run from wherever it stands to its end or to the next call of the client's functions. The rows are
 * written by whoever holds the run's job and by nobody else; the job is completed with the last of them.
 */
export function createRunExecutor({ store, provider, events, imageOf, newId, now, log }: ExecutorParts): JobHandler {
  return async function executeRun(job, { signal }) {
    using interruption = watchInterruptions({ run_id: job.subject, events, job: signal })
    // Looked up before the run begins: a log that is opened later is that of another leg.
    const followed = events.current(job.subject)
    const begun = await beginRun(store, job, now())
    if (Array.isArray(begun)) return tell(followed, begun)
    const runLog = followed ?? events.open(job.subject)
    try {
      if (begun.run.expires_at !== null) interruption.expireAt(begun.run.expires_at)
      tell(runLog, [{ event: 'thread.run.in_progress', data: begun.run }])
      const writer = createTurnWriter({ ...begun, log: runLog, commit: (work) => commit(job, work), newId, now })
      const outcome = await takeTurn(job, begun, writer, interruption.signal)
      log.info({ run_id: begun.run.id, status: outcome.status }, 'run left')
      tell(runLog, await settle(job, begun.run, outcome, writer.open()))
    } catch (error) {
      tell(runLog, streamBroke('The server had an error while processing the run. Read the run to see how it ends.'))
      throw error
    }
  }

  async function takeTurn(job: HeldJob, begun: BegunRun, writer: TurnWriter, signal: AbortSignal): Promise<Outcome> {
    try {
      const read = store.read(job.project)
      const ask = { provider, read, imageOf: imageOf(job.project), writer, newId, signal }
      return outcomeOfReply(await askModel({ ...begun, ...ask }), writer.open())
    } catch (error) {
      const cause = signal.aborted ? signal.reason : error
      if (cause instanceof RunInterrupted) return outcomeOfInterruption(cause)
      log.warn({ run_id: begun.run.id, err: cause }, 'run failed')
      return outcomeOfFailure(cause)
    }
  }

  /** Answers what is to be told of it. */
  async function settle(job: HeldJob, run: Run, outcome: Outcome, open: OpenStep | undefined): Promise<StreamEvent[]> {
    if (outcome.status === 'given_up') return streamBroke(outcome.why)
    const told = await store.transaction(job.project, async (tx) => {
      if (!(await tx.jobs.complete(job.id, job.owner))) return undefined
      const { usage } = { usage: undefined, ...outcome }
      if (outcome.status !== 'requires_action') return endRun(tx, run.id, outcome, { now: now(), open, usage })
      const waiting = await requireAction(tx, outcome.open, usage)
      return waiting ?? endRun(tx, run.id, { status: 'cancelled' }, { now: now(), open, usage })
    })
    return told ?? streamBroke('The run was ended or taken over elsewhere. Read the run to see how it stands.')
  }

  /** A transaction of the executor, made only while the run is its own. */
  async function commit(job: HeldJob, work: (tx: Transaction) => Promise<void>): Promise<void> {
    await store.transaction(job.project, async (tx) => {
      if (!(await tx.jobs.held(job.id, job.owner))) throw new RunInterrupted('lost')
      const row = await tx.runs.get(job.subject)
      if (row?.status === 'cancelling') throw new RunInterrupted('cancelled')
      if (row?.status !== 'in_progress') throw new RunInterrupted('lost')
      await work(tx)
    })
  }
}

/** Whoever ended the run from outside may have said so already. */
function tell(log: RunLog | undefined, events: readonly StreamEvent[]): void {
  if (log && !log.over()) log.append(...events)
}
