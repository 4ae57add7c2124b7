import { toText } from '../api/json.ts'
import type { Message } from '../api/message.ts'
import type { Run } from '../api/run.ts'
import type { FunctionToolCall, RunStep } from '../api/run-step.ts'
import type { FunctionCallDelta, MessageDeltaPart, StreamEvent } from '../api/stream-event.ts'
import type { Now } from '../lib/clock.ts'
import type { NewId } from '../lib/id.ts'
import type { RunLog } from '../ports/events.ts'
import type { Transaction } from '../ports/store.ts'
import type { Passage } from '../tools/tool.ts'
import { messageOpened, newAssistantMessage, newStep, stepOpened, stepRow } from './new-step.ts'
import { endMessage, endStep, type OpenStep, settleMessageRow } from './open-step.ts'
import { createTurnText, type TurnText } from './turn-text.ts'
import { noUsage } from './usage.ts'

/**
 * Writes down one turn of the model as it comes: rows when a step opens or settles, an event for every piece, and
 * nothing in the store per token. Text makes a message and its step; the first tool call settles those and opens the
 * step that holds all function calls of the turn.
 */
export interface TurnWriter {
  /** Continues the message, or begins it. */
  text(kind: 'text' | 'refusal', addition: string): Promise<void>
  /** Continues the message with a marker and what it cites. */
  cite(marker: string, passage: Passage): Promise<void>
  /** Begins the turn's next function call. */
  call(name: string, id: string): Promise<void>
  /** Continues the call that was begun last. */
  callArguments(addition: string): void
  /** What is open now, with everything that was said so far. */
  open(): OpenStep | undefined
  /** Opens a step of calls. A message that was being written is finished in the same transaction. */
  openCalls(step: RunStep): Promise<void>
  /** Forgets the step that is open, once somebody else has settled it. */
  close(): void
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

/** What is being written: text into a message, or calls into a step. */
type Writing =
  | { readonly step: RunStep; readonly message: Message; readonly text: TurnText }
  | { readonly step: RunStep; readonly calls: FunctionToolCall[] }

export function createTurnWriter({ run, turn, log, commit, newId, now }: TurnWriterParts): TurnWriter {
  let writing: Writing | undefined

  async function text(kind: 'text' | 'refusal', addition: string): Promise<void> {
    const { message, text: written } = await openMessage()
    tell(message, written.append(kind, addition))
  }

  async function cite(marker: string, passage: Passage): Promise<void> {
    const { message, text: written } = await openMessage()
    tell(message, written.cite(marker, passage))
  }

  function tell({ id }: Message, part: MessageDeltaPart): void {
    log.append({
      event: 'thread.message.delta',
      data: { id, object: 'thread.message.delta', delta: { content: [part] } },
    })
  }

  async function openMessage(): Promise<Extract<Writing, { message: unknown }>> {
    if (writing && 'message' in writing) return writing
    if (writing) throw new Error('text after tool calls belongs to the next turn')
    const message = newAssistantMessage(run, { id: newId('message'), now: now() })
    const details = { type: 'message_creation' as const, message_creation: { message_id: message.id } }
    const step = newStep(run, { id: newId('step'), details, now: message.created_at })
    await commit(async (tx) => {
      await tx.steps.insert(stepRow(step, turn))
      const { id, thread_id, run_id } = message
      await tx.messages.insert({ id, thread_id, run_id, citations: null, body: toText(message) })
    })
    log.append(...stepOpened(step), ...messageOpened(message))
    writing = { step, message, text: createTurnText() }
    return writing
  }

  async function call(name: string, id: string): Promise<void> {
    if (!writing || 'message' in writing) {
      await openCalls(newStep(run, { id: newId('step'), details: { type: 'tool_calls', tool_calls: [] }, now: now() }))
    }
    const { step, calls } = currentCalls()
    calls.push({ id, type: 'function', function: { name, arguments: '', output: null } })
    const begun = { name, arguments: '', output: null }
    log.append(callDelta(step, { index: calls.length - 1, id, type: 'function', function: begun }))
  }

  function callArguments(addition: string): void {
    const { step, calls } = currentCalls()
    const last = calls.at(-1)
    if (!last) throw new Error('arguments before their call')
    last.function.arguments += addition
    log.append(callDelta(step, { index: calls.length - 1, type: 'function', function: { arguments: addition } }))
  }

  function currentCalls(): Extract<Writing, { calls: unknown }> {
    if (!writing || 'message' in writing) throw new Error('no step of calls is open')
    return writing
  }

  async function openCalls(step: RunStep): Promise<void> {
    const spoken = open()
    const settled: StreamEvent[] = []
    await commit(async (tx) => {
      if (spoken) settled.push(...(await settleSpoken(tx, spoken, now())))
      await tx.steps.insert(stepRow(step, turn))
    })
    log.append(...settled, ...stepOpened(step))
    writing = { step, calls: [] }
  }

  function open(): OpenStep | undefined {
    if (!writing) return undefined
    if ('message' in writing) {
      const { content, citations } = writing.text
      return { step: writing.step, turn, message: { ...writing.message, content }, citations }
    }
    const { step, calls } = writing
    const step_details = calls.length > 0 ? { type: 'tool_calls' as const, tool_calls: calls } : step.step_details
    return { step: { ...step, step_details }, turn, message: undefined, citations: [] }
  }

  function close(): void {
    writing = undefined
  }

  return { text, cite, call, callArguments, open, openCalls, close }
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

function callDelta(step: RunStep, call: FunctionCallDelta): StreamEvent {
  return {
    event: 'thread.run.step.delta',
    data: {
      id: step.id,
      object: 'thread.run.step.delta',
      delta: { step_details: { type: 'tool_calls', tool_calls: [call] } },
    },
  }
}
