import type { Run } from '../api/run.ts'
import type { StreamEvent } from '../api/stream-event.ts'
import type { HeldJob, JobHandler } from '../jobs/job-handler.ts'
import type { Now } from '../lib/clock.ts'
import type { NewId } from '../lib/id.ts'
import type { Log } from '../lib/log.ts'
import type { RunEvents, RunLog } from '../ports/events.ts'
import { ModelFailure, type ModelProvider } from '../ports/model.ts'
import { type Store, StoreUnreachable, type Transaction } from '../ports/store.ts'
import type { ServerTool } from '../tools/tool.ts'
import { type BegunRun, beginRun } from './begin-run.ts'
import { type Conversation, type ConversationParts, createConversation } from './converse.ts'
import { endRun } from './end-run.ts'
import { RunInterrupted, watchInterruptions } from './interruption.ts'
import type { ImageSource } from './model-messages.ts'
import type { OpenStep } from './open-step.ts'
import { type Outcome, outcomeOfFailure, outcomeOfInterruption } from './outcome.ts'
import { requireAction } from './require-action.ts'
import type { WaitForFiles } from './searched-stores.ts'
import { streamBroke } from './stream-broke.ts'

interface ExecutorParts {
  store: Store
  provider: ModelProvider
  events: RunEvents
  /** The server's own tools, in the order in which the model is offered them. */
  serverTools: readonly ServerTool[]
  waitForFiles: WaitForFiles
  imageOf: (project: string) => ImageSource
  newId: NewId
  now: Now
  log: Log
}

const failed = 'The server had an error while processing the run. Read the run to see how it ends.'

/**
 * Executes a run from wherever it stands to its end or to the next call of the client's functions. The rows are
 * written by whoever holds the run's job and by nobody else; the job is completed with the last of them.
 */
export function createRunExecutor(parts: ExecutorParts): JobHandler {
  const { store, provider, events, serverTools, waitForFiles, imageOf, newId, now, log } = parts

  return async function executeRun(job, { signal }) {
    using interruption = watchInterruptions({ run_id: job.subject, events, job: signal })
    // Looked up before the run begins: a log that is opened later is that of another leg.
    const followed = events.current(job.subject)
    const begun = await beginRun(store, job, now()).catch((error) => {
      // Another node may have the run next, and nobody here would hear of it. After any other failure it begins again here.
      if (error instanceof StoreUnreachable) tell(followed, streamBroke(failed))
      throw error
    })
    if (Array.isArray(begun)) return tell(followed, begun)
    const runLog = followed ?? (mayBeFollowed(begun) ? events.openLent(job.subject, job.id) : events.open(job.subject))
    try {
      if (begun.run.expires_at !== null) interruption.expireAt(begun.run.expires_at)
      tell(runLog, [{ event: 'thread.run.in_progress', data: begun.run }])
      const conversation = createConversation(begun, conversationParts(job, runLog, interruption.signal))
      const outcome = await outcomeOf(conversation, begun.run, interruption.signal)
      if (outcome.status === 'given_up') log.info({ run_id: begun.run.id }, 'run handed back')
      else log.info({ run_id: begun.run.id, status: outcome.status }, 'run settled')
      tell(runLog, await settle(job, begun.run, outcome, conversation.open()))
    } catch (error) {
      tell(runLog, streamBroke(failed))
      throw error
    }
  }

  function conversationParts(job: HeldJob, runLog: RunLog, signal: AbortSignal): ConversationParts {
    const { project } = job
    return {
      project,
      provider,
      read: store.read(project),
      serverTools,
      waitForFiles,
      imageOf: imageOf(project),
      log: runLog,
      commit: (work) => commit(job, work),
      hold: (tx) => hold(job, tx),
      newId,
      now,
      signal,
    }
  }

  async function outcomeOf(conversation: Conversation, { id: run_id }: Run, signal: AbortSignal): Promise<Outcome> {
    try {
      return await conversation.hold()
    } catch (error) {
      const cause = signal.aborted ? signal.reason : error
      if (cause instanceof RunInterrupted) return outcomeOfInterruption(cause)
      if (cause instanceof StoreUnreachable) throw cause // the run is not to blame: it goes on when the store is back
      if (cause instanceof ModelFailure) log.warn({ run_id, code: cause.code, reason: cause.message }, 'model failed')
      else log.error({ run_id, err: cause }, 'run failed')
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
      await hold(job, tx)
      const row = await tx.runs.get(job.subject)
      if (row?.status === 'cancelling') throw new RunInterrupted('cancelled')
      if (row?.status !== 'in_progress') throw new RunInterrupted('lost')
      await work(tx)
    })
  }
}

/** Whether another node may want to read this leg from its beginning. Who follows a later leg is not written down. */
function mayBeFollowed({ fresh, turn, details }: BegunRun): boolean {
  return fresh && (turn > 0 || details.follower !== undefined)
}

/** Whoever has lost the run writes nothing that belongs to it. */
async function hold(job: HeldJob, tx: Transaction): Promise<void> {
  if (!(await tx.jobs.held(job.id, job.owner))) throw new RunInterrupted('lost')
}

/** Whoever ended the run from outside may have said so already. */
function tell(log: RunLog | undefined, events: readonly StreamEvent[]): void {
  if (log && !log.over()) log.append(...events)
}
