import { toText } from '../api/json.ts'
import type { Run } from '../api/run.ts'
import type { RunStep } from '../api/run-step.ts'
import type { StreamEvent } from '../api/stream-event.ts'
import type { Now } from '../lib/clock.ts'
import type { NewId } from '../lib/id.ts'
import type { RunLog } from '../ports/events.ts'
import type { Transaction } from '../ports/store.ts'
import { type CallsDraft, draftCalls } from './draft-calls.ts'
import { draftMessage, type MessageDraft, type PartKind } from './draft-message.ts'
import { messageOpened, newAssistantMessage, newStep, stepOpened, stepRow } from './new-step.ts'
import { endMessage, endStep, type OpenStep, settleMessageRow } from './open-step.ts'
import { noUsage } from './usage.ts'

/**
 * Writes down one turn of the model as it comes: rows when a step opens or settles, an event for every piece, and
 * nothing in the store per token. Text makes a message and its step; the first tool call settles those and opens the
 * step that holds all calls of the turn.
 */
export interface TurnWriter {
  /** Continues the message, or begins it. */
  text(kind: PartKind, addition: string): Promise<void>
  /** Begins the turn's next call. */
  call(name: string, id: string): Promise<void>
  /** Continues the call that was begun last. */
  callArguments(addition: string): void
  /** What is open now, with everything that was said so far. */
  open(): OpenStep | undefined
}

interface TurnWriterParts {
  run: Run
  turn: number
  log: RunLog
  /** A transaction that only the run's executor may make. */
  commit(work: (tx: Transaction) => Promise<void>): Promise<void>
  newId: NewId
  now: Now
}

export function createTurnWriter({ run, turn, log, commit, newId, now }: TurnWriterParts): TurnWriter {
  let speaking: { readonly step: RunStep; readonly draft: MessageDraft } | undefined
  let calling: CallsDraft | undefined

  async function text(kind: PartKind, addition: string): Promise<void> {
    if (calling) throw new Error('text after tool calls belongs to the next turn')
    speaking ??= await openMessage()
    log.append(speaking.draft.add(kind, addition))
  }

  async function openMessage(): Promise<{ step: RunStep; draft: MessageDraft }> {
    const message = newAssistantMessage(run, { id: newId('message'), now: now() })
    const details = { type: 'message_creation' as const, message_creation: { message_id: message.id } }
    const step = newStep(run, { id: newId('step'), details, now: message.created_at })
    await commit(async (tx) => {
      await tx.steps.insert(stepRow(step, turn))
      const { id, thread_id, run_id } = message
      await tx.messages.insert({ id, thread_id, run_id, body: toText(message) })
    })
    log.append(...stepOpened(step), ...messageOpened(message))
    return { step, draft: draftMessage(message) }
  }

  async function call(name: string, id: string): Promise<void> {
    calling ??= await openCalls()
    log.append(calling.begin(id, name))
  }

  async function openCalls(): Promise<CallsDraft> {
    const spoken = open()
    const step = newStep(run, { id: newId('step'), details: { type: 'tool_calls', tool_calls: [] }, now: now() })
    const settled: StreamEvent[] = []
    await commit(async (tx) => {
      if (spoken) settled.push(...(await settleSpoken(tx, spoken, now())))
      await tx.steps.insert(stepRow(step, turn))
    })
    log.append(...settled, ...stepOpened(step))
    return draftCalls(step)
  }

  function callArguments(addition: string): void {
    if (!calling) throw new Error('arguments before their call')
    log.append(calling.add(addition))
  }

  function open(): OpenStep | undefined {
    if (calling) return { step: calling.step(), turn, message: undefined }
    return speaking && { step: speaking.step, turn, message: speaking.draft.message() }
  }

  return { text, call, callArguments, open }
}

/** The model spoke before it called: its message is finished. What the turn cost goes to the calls, once it is known. */
async function settleSpoken(tx: Transaction, { step, message }: OpenStep, now: number): Promise<StreamEvent[]> {
  if (!message) throw new Error(`step ${step.id} wrote no message`)
  const said = await settleMessageRow(tx, endMessage(message, null, now))
  const over = endStep(step, { status: 'completed', usage: noUsage }, now)
  await tx.steps.update(over.id, { status: over.status, body: toText(over) })
  return [
    { event: 'thread.message.completed', data: said },
    { event: 'thread.run.step.completed', data: over },
  ]
}
