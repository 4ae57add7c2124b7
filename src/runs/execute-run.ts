import { toText } from '../api/json.ts'
import type { Run, Usage } from '../api/run.ts'
import type { StreamEvent } from '../api/stream-event.ts'
import type { HeldJob, JobHandler } from '../jobs/worker.ts'
import type { Now } from '../lib/clock.ts'
import type { NewId } from '../lib/id.ts'
import type { Log } from '../lib/log.ts'
import type { RunEvents, RunLog } from '../ports/events.ts'
import { ModelFailure, type ModelProvider } from '../ports/model.ts'
import type { Store, Transaction } from '../ports/store.ts'
import { type Asked, askModel } from './ask-model.ts'
import { type BegunRun, beginRun } from './begin-run.ts'
import { changeRun } from './change-run.ts'
import { endRun, type RunEnding } from './end-run.ts'
import { RunInterrupted, watchInterruptions } from './interruption.ts'
import type { ImageSource } from './model-messages.ts'
import type { OpenStep } from './open-step.ts'
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

/** How a turn leaves the run: waiting for the client's functions, or at its end. */
type Outcome = { status: 'requires_action'; usage: Usage | undefined } | (RunEnding & { usage?: Usage | undefined })

/**
 * Executes a run from wherever it stands to its end or to the next call of the client's functions. The rows are
 * written by whoever holds the run's job and by nobody else; the job is completed with the last of them.
 */
export function createRunExecutor({ store, provider, events, imageOf, newId, now, log }: ExecutorParts): JobHandler {
  return async function executeRun(job, { signal }) {
    const runLog = events.current(job.subject) ?? events.open(job.subject)
    try {
      await carryOut(job, runLog, signal)
    } catch (error) {
      runLog.append(
        ...streamBroke('The server had an error while processing this run. Read the run to see how it ends.'),
      )
      throw error
    }
  }

  async function carryOut(job: HeldJob, runLog: RunLog, signal: AbortSignal): Promise<void> {
    const begun = await beginRun(store, job, now())
    if (Array.isArray(begun)) return runLog.append(...begun)
    runLog.append({ event: 'thread.run.in_progress', data: begun.run })
    const writer = createTurnWriter({ ...begun, log: runLog, commit: (work) => commit(job, work), newId, now })
    const outcome = await takeTurn(job, begun, writer, signal)
    if (outcome) await settle(job, begun.run, outcome, writer.open(), runLog)
    else
      runLog.append(
        ...streamBroke('The server is stopping; the run goes on when it is back. Read the run to follow it.'),
      )
  }

  /** Undefined when this process gives the run up and leaves it as it is. */
  async function takeTurn(
    job: HeldJob,
    begun: BegunRun,
    writer: TurnWriter,
    signal: AbortSignal,
  ): Promise<Outcome | undefined> {
    const { id: run_id, expires_at } = begun.run
    using interruption = watchInterruptions({ run_id, expires_at, events, job: signal })
    try {
      const read = store.read(job.project)
      const ask = {
        ...begun,
        provider,
        read,
        imageOf: imageOf(job.project),
        writer,
        newId,
        signal: interruption.signal,
      }
      return outcomeOf(await askModel(ask), writer.open())
    } catch (error) {
      return outcomeOfError(interruption.signal.aborted ? interruption.signal.reason : error, run_id)
    }
  }

  function outcomeOfError(error: unknown, run_id: string): Outcome | undefined {
    if (error instanceof RunInterrupted) {
      if (error.reason === 'handback' || error.reason === 'lost') return undefined
      return { status: error.reason === 'expired' ? 'expired' : 'cancelled' }
    }
    if (error instanceof ModelFailure) {
      log.warn({ run_id, code: error.code, err: error }, 'model failed')
      const code = error.code === 'context_length_exceeded' ? 'invalid_prompt' : error.code
      return { status: 'failed', error: { code, message: error.message } }
    }
    log.error({ run_id, err: error }, 'run failed')
    return { status: 'failed', error: { code: 'server_error', message: 'Sorry, something went wrong.' } }
  }

  async function settle(
    job: HeldJob,
    run: Run,
    outcome: Outcome,
    open: OpenStep | undefined,
    runLog: RunLog,
  ): Promise<void> {
    const told = await store.transaction(job.project, async (tx) => {
      if (!(await tx.jobs.complete(job.id, job.owner))) return undefined
      if (outcome.status === 'requires_action' && open) {
        const events = await requireAction(tx, run.id, { open, usage: outcome.usage })
        if (events) return events
      }
      const ending: RunEnding = outcome.status === 'requires_action' ? { status: 'cancelled' } : outcome
      return endRun(tx, run.id, ending, { now: now(), open, usage: outcome.usage })
    })
    // Without the job the run belongs to somebody else, or its thread was deleted: either way we say no more about it.
    runLog.append(...(told ?? streamBroke(`Run ${run.id} was taken over or deleted while it was under way.`)))
    log.info({ run_id: run.id, status: told ? outcome.status : 'gone' }, 'run settled')
  }

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

function outcomeOf(asked: Asked, open: OpenStep | undefined): Outcome {
  if ('spent' in asked) return { status: 'incomplete', reason: asked.spent }
  const { finish, usage } = asked
  if (finish === 'length') return { status: 'incomplete', reason: 'max_completion_tokens', usage }
  if (finish === 'content_filter') return { status: 'failed', error: filtered, cut: 'content_filter', usage }
  return { status: open?.step.type === 'tool_calls' ? 'requires_action' : 'completed', usage }
}

const filtered = {
  code: 'invalid_prompt',
  message: "The model's provider stopped the reply: its content filter was triggered.",
} as const

/** Leaves the calls to the client. Undefined, and nothing changed, when the run was cancelled meanwhile. */
async function requireAction(
  tx: Transaction,
  run_id: string,
  { open, usage }: { open: OpenStep; usage: Usage | undefined },
): Promise<StreamEvent[] | undefined> {
  const { step } = open
  const calls = step.step_details.type === 'tool_calls' ? step.step_details.tool_calls : []
  const tool_calls = calls
    .filter((call) => call.type === 'function')
    .map(({ id, type, function: called }) => {
      return { id, type, function: { name: called.name, arguments: called.arguments } }
    })
  const required_action = { type: 'submit_tool_outputs' as const, submit_tool_outputs: { tool_calls } }
  const run = await changeRun(tx, run_id, { status: 'requires_action', required_action })
  if (!run) return undefined
  // The step stays open until the outputs come and shows no usage before; what the call cost is kept beside it.
  await tx.steps.update(step.id, { body: toText(step), usage: usage ? toText(usage) : null })
  return [
    { event: 'thread.run.requires_action', data: run },
    { event: 'done', data: '[DONE]' },
  ]
}
