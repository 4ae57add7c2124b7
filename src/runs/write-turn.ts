import { toText } from '../api/json.ts'
import type { Run } from '../api/run.ts'
import type { RunStep, ToolCall } from '../api/run-step.ts'
import type { StreamEvent } from '../api/stream-event.ts'
import type { Now } from '../lib/clock.ts'
import type { NewId } from '../lib/id.ts'
import type { RunLog } from '../ports/events.ts'
import type { Transaction } from '../ports/store.ts'
import type { Passage } from '../tools/tool.ts'
import { type CallsDraft, draftCalls } from './draft-calls.ts'
import { draftMessage, type MessageDraft, type PartKind } from './draft-message.ts'
import { messageOpened, newAssistantMessage, newStep, stepOpened, stepRow } from './new-step.ts'
import { endMessage, endStep, type OpenStep, settleMessageRow } from './open-step.ts'
import { noUsage } from './usage.ts'

/**
 * Writes down one turn of the model as it comes: rows when a step opens or settles, an event for every piece, and
 * nothing in the store per token. Text makes a message and its step; the first tool call settles those and opens the
 * step that holds all function calls of the turn.
 */
export interface TurnWriter {
  /** Continues the message, or begins it. */
  text(kind: PartKind, addition: string): Promise<void>
  /** Continues the message with a marker and what it cites. */
  cite(marker: string, passage: Passage): Promise<void>
  /** Begins the turn's next function call. */
  call(name: string, id: string): Promise<void>
  /** Continues the call that was begun last. */
  callArguments(addition: string): void
  /** What is open now, with everything that was said so far. */
  open(): OpenStep | undefined
  /**
   * Opens a step of calls, of which the server carries out those that are given. A message that was being written is
   * finished in the same transaction.
   */
  openCalls(step: RunStep, carried?: readonly ToolCall[]): Promise<void>
  /** Forgets the step of calls that is open, once somebody else has settled it. */
  closeCalls(): void
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
    log.append((await spoken()).add(kind, addition))
  }

  async function cite(marker: string, passage: Passage): Promise<void> {
    log.append((await spoken()).cite(marker, passage))
  }

  async function spoken(): Promise<MessageDraft> {
    if (calling) throw new Error('text after tool calls belongs to the next turn')
    speaking ??= await openMessage()
    return speaking.draft
  }

  async function openMessage(): Promise<{ step: RunStep; draft: MessageDraft }> {
    const message = newAssistantMessage(run, { id: newId('message'), now: now() })
    const details = { type: 'message_creation' as const, message_creation: { message_id: message.id } }
    const step = newStep(run, { id: newId('step'), details, now: message.created_at })
    await commit(async (tx) => {
      await tx.steps.insert(stepRow(step, turn))
      const { id, thread_id, run_id } = message
      await tx.messages.insert({ id, thread_id, run_id, citations: null, body: toText(message) })
    })
    log.append(...stepOpened(step), ...messageOpened(message))
    return { step, draft: draftMessage(message) }
  }

  async function call(name: string, id: string): Promise<void> {
    if (!calling) {
      await openCalls(newStep(run, { id: newId('step'), details: { type: 'tool_calls', tool_calls: [] }, now: now() }))
    }
    log.append(currentCalls().begin(id, name))
  }

  async function openCalls(step: RunStep, carried?: readonly ToolCall[]): Promise<void> {
    const before = open()
    const settled: StreamEvent[] = []
    await commit(async (tx) => {
      if (before) settled.push(...(await settleSpoken(tx, before, now())))
      await tx.steps.insert(stepRow(step, turn))
    })
    log.append(...settled, ...stepOpened(step))
    speaking = undefined
    calling = draftCalls(step, carried)
  }

  function closeCalls(): void {
    calling = undefined
  }

  function callArguments(addition: string): void {
    log.append(currentCalls().add(addition))
  }

  function currentCalls(): CallsDraft {
    if (!calling) throw new Error('no step of calls is open')
    return calling
  }

  function open(): OpenStep | undefined {
    if (calling) return { step: calling.step(), turn, message: undefined, citations: [] }
    if (!speaking) return undefined
    const { step, draft } = speaking
    return { step, turn, message: draft.message(), citations: draft.citations() }
  }

  return { text, cite, call, callArguments, open, openCalls, closeCalls }
}

/** The model spoke before it called: its message is finished. What the turn cost goes to the calls, once it is known. */
async function settleSpoken(tx: Transaction, open: OpenStep, now: number): Promise<StreamEvent[]> {
  const { step, message, citations } = open
  if (!message) throw new Error(`step ${step.id} wrote no message`)
  const said = await settleMessageRow(tx, endMessage(message, null, now), citations)
  const over = endStep(step, { status: 'completed', usage: noUsage }, now)
  await tx.steps.update(over.id, { status: over.status, body: toText(over) })
  return [
    { event: 'thread.message.completed', data: said },
    { event: 'thread.run.step.completed', data: over },
  ]
}
