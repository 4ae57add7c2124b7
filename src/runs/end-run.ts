import { fromText, toText } from '../api/json.ts'
import type { Message, MessageIncompleteReason } from '../api/message.ts'
import type { Run, RunError, Usage } from '../api/run.ts'
import type { RunStep } from '../api/run-step.ts'
import type { StreamEvent } from '../api/stream-event.ts'
import type { RunRow, StepRow, Transaction } from '../ports/store.ts'
import { changeRun } from './change-run.ts'
import { endMessage, endStep, type OpenStep, type StepEnd, settleMessageRow } from './open-step.ts'
import { before } from './run-status.ts'
import { noUsage, sumUsage } from './usage.ts'

/** How a run ends, and what is known about its end. */
export type RunEnding =
  | { readonly status: 'completed' | 'cancelled' | 'expired' }
  | { readonly status: 'incomplete'; readonly reason: 'max_completion_tokens' | 'max_prompt_tokens' }
  | { readonly status: 'failed'; readonly error: RunError; readonly cut?: 'content_filter' }

interface EndOptions {
  readonly now: number
  /** What the executor has in memory of the step that is still open; without it the rows say what there is. */
  readonly open?: OpenStep | undefined
  /** What the open step cost; without it what its row says, or nothing. */
  readonly usage?: Usage | undefined
}

/**
 * Ends a run with everything that belongs to it: its open step and message, and `expires_at`, which steps show only
 * while their run is active. Answers the events that tell it, in order, `done` included; undefined when the run is
 * over already or gone.
 */
export async function endRun(
  tx: Transaction,
  run_id: string,
  ending: RunEnding,
  { now, open, usage }: EndOptions,
): Promise<StreamEvent[] | undefined> {
  const standing = await tx.runs.get(run_id)
  if (!standing || !before(ending.status).includes(standing.status)) return undefined
  const events: StreamEvent[] = []
  const usages: Usage[] = []
  const rows = await tx.steps.ofRun(run_id)
  for (const row of rows) {
    let step = fromText(row.body)
    if (row.status === 'in_progress') {
      const current = await openStep(tx, row, step, open)
      step = endStep(current.step, stepEnd(ending, usage ?? usageOf(row) ?? noUsage), now)
      events.push(...(await settleMessage(tx, current.message, ending, now)), stepEvent(step))
    }
    if (step.usage) usages.push(step.usage)
    const body = toText({ ...step, expires_at: null })
    await tx.steps.update(row.id, { status: step.status, body, usage: null })
  }
  const run = await changeRun(tx, run_id, { ...ended(ending, now), usage: sumUsage(usages) })
  if (!run) throw new Error(`run ${run_id} changed inside its own transaction`)
  return [...cancelling(standing, ending), ...events, ...endOfStream(run)]
}

/** The last two events of a stream: how its run stands, and `done`. */
export function endOfStream(run: Run): StreamEvent[] {
  return [
    { event: `thread.run.${run.status}`, data: run },
    { event: 'done', data: '[DONE]' },
  ]
}

/** A run that went through `cancelling` says so before anything of it ends. */
function cancelling(standing: RunRow, ending: RunEnding): StreamEvent[] {
  if (standing.status !== 'cancelling' || ending.status !== 'cancelled') return []
  return [{ event: 'thread.run.cancelling', data: fromText(standing.body) }]
}

async function openStep(tx: Transaction, row: StepRow, step: RunStep, open: OpenStep | undefined): Promise<OpenStep> {
  if (open?.step.id === row.id) return open
  const details = step.step_details
  const message =
    details.type === 'message_creation' ? await tx.messages.get(details.message_creation.message_id) : undefined
  return { step, turn: row.turn, message: message && fromText(message.body) }
}

function usageOf(row: StepRow): Usage | undefined {
  return row.usage === null ? undefined : fromText<Usage>(row.usage)
}

function stepEnd(ending: RunEnding, usage: Usage): StepEnd {
  if (ending.status === 'failed') return { status: 'failed', error: ending.error, usage }
  // There is no incomplete step: what was written counts as done.
  return { status: ending.status === 'incomplete' ? 'completed' : ending.status, usage }
}

async function settleMessage(
  tx: Transaction,
  message: Message | undefined,
  ending: RunEnding,
  now: number,
): Promise<StreamEvent[]> {
  if (!message) return []
  const settled = await settleMessageRow(tx, endMessage(message, messageCut(ending), now))
  const event = settled.status === 'completed' ? 'thread.message.completed' : 'thread.message.incomplete'
  return [{ event, data: settled }]
}

function messageCut(ending: RunEnding): MessageIncompleteReason | null {
  switch (ending.status) {
    case 'completed':
      return null
    case 'incomplete':
      return 'max_tokens'
    case 'cancelled':
      return 'run_cancelled'
    case 'expired':
      return 'run_expired'
    case 'failed':
      return ending.cut ?? 'run_failed'
  }
}

function ended(ending: RunEnding, now: number): Partial<Run> & Pick<Run, 'status'> {
  const over = { expires_at: null, required_action: null }
  switch (ending.status) {
    case 'completed':
      return { ...over, status: 'completed', completed_at: now }
    case 'cancelled':
      return { ...over, status: 'cancelled', cancelled_at: now }
    case 'expired':
      return { ...over, status: 'expired' }
    case 'incomplete':
      return { ...over, status: 'incomplete', incomplete_details: { reason: ending.reason } }
    case 'failed':
      return { ...over, status: 'failed', failed_at: now, last_error: ending.error }
  }
}

function stepEvent(step: RunStep): StreamEvent {
  if (step.status === 'in_progress') throw new Error(`step ${step.id} is not over`)
  return { event: `thread.run.step.${step.status}`, data: step }
}
