import type { Citation } from '../api/citation.ts'
import { fromText, toText } from '../api/json.ts'
import type { Message, MessageIncompleteReason } from '../api/message.ts'
import type { RunError, Usage } from '../api/run.ts'
import type { RunStep } from '../api/run-step.ts'
import type { Transaction } from '../ports/store.ts'

/** What a run has open: at most one step at a time, and the message that step writes, with all that is known of them. */
export interface OpenStep {
  readonly step: RunStep
  readonly turn: number
  readonly message: Message | undefined
  /** What the message's annotations point at. */
  readonly citations: readonly Citation[]
}

/** How a step ends. A step knows fewer error codes than its run: what it does not know is a `server_error`. */
export type StepEnd =
  | { readonly status: 'completed' | 'cancelled' | 'expired'; readonly usage: Usage }
  | { readonly status: 'failed'; readonly usage: Usage; readonly error: RunError }

/** The step as it stands once it is over. */
export function endStep(step: RunStep, end: StepEnd, now: number): RunStep {
  const over = { ...step, status: end.status, usage: end.usage }
  switch (end.status) {
    case 'completed':
      return { ...over, completed_at: now }
    case 'cancelled':
      return { ...over, cancelled_at: now }
    case 'expired':
      return { ...over, expired_at: now }
    case 'failed': {
      const code = end.error.code === 'rate_limit_exceeded' ? 'rate_limit_exceeded' : 'server_error'
      return { ...over, failed_at: now, last_error: { code, message: end.error.message } }
    }
  }
}

/** The message as it stands once nothing more is written to it; with a reason it was cut short. */
export function endMessage(message: Message, cut: MessageIncompleteReason | null, now: number): Message {
  if (cut === null) return { ...message, status: 'completed', completed_at: now }
  return { ...message, status: 'incomplete', incomplete_at: now, incomplete_details: { reason: cut } }
}

/**
 * Writes a message that is over, and answers it as it then stands: metadata is the client's and may have changed while
 * the run wrote the rest. A message that was deleted meanwhile stays deleted.
 */
export async function settleMessageRow(
  tx: Pick<Transaction, 'messages'>,
  settled: Message,
  citations: readonly Citation[],
): Promise<Message> {
  const row = await tx.messages.get(settled.id)
  if (!row) return settled
  const message = { ...settled, metadata: fromText(row.body).metadata }
  const cited = citations.length > 0 ? { citations: toText(citations) } : {}
  await tx.messages.update(message.id, { body: toText(message), ...cited })
  return message
}
