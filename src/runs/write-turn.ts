import { toText } from '../api/json.ts'
import type { ContentPart, Message } from '../api/message.ts'
import type { Run } from '../api/run.ts'
import type { FunctionToolCall, RunStep } from '../api/run-step.ts'
import type { MessageDeltaPart, StreamEvent, ToolCallDelta } from '../api/stream-event.ts'
import type { Now } from '../lib/clock.ts'
import type { NewId } from '../lib/id.ts'
import type { RunLog } from '../ports/events.ts'
import type { Transaction } from '../ports/store.ts'
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
  text(kind: 'text' | 'refusal', addition: string): Promise<void>
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

/** What is being written: text into a message, or calls into a step. */
type Writing =
  | { readonly step: RunStep; readonly message: Message; readonly content: ContentPart[] }
  | { readonly step: RunStep; readonly calls: FunctionToolCall[] }

export function createTurnWriter({ run, turn, log, commit, newId, now }: TurnWriterParts): TurnWriter {
  let writing: Writing | undefined

  async function text(kind: 'text' | 'refusal', addition: string): Promise<void> {
    writing ??= await openMessage()
    if (!('message' in writing)) throw new Error('text after tool calls belongs to the next turn')
    const { content, message } = writing
    const begins = content.at(-1)?.type !== kind
    if (begins) content.push(kind === 'text' ? emptyText() : { type: 'refusal', refusal: '' })
    append(content.at(-1) as ContentPart, addition)
    const part = deltaPart(kind, content.length - 1, addition, begins)
    log.append({
      event: 'thread.message.delta',
      data: { id: message.id, object: 'thread.message.delta', delta: { content: [part] } },
    })
  }

  async function openMessage(): Promise<Writing> {
    const message = newAssistantMessage(run, { id: newId('message'), now: now() })
    const details = { type: 'message_creation' as const, message_creation: { message_id: message.id } }
    const step = newStep(run, { id: newId('step'), details, now: message.created_at })
    await commit(async (tx) => {
      await tx.steps.insert(stepRow(step, turn))
      const { id, thread_id, run_id } = message
      await tx.messages.insert({ id, thread_id, run_id, body: toText(message) })
    })
    log.append(...stepOpened(step), ...messageOpened(message))
    return { step, message, content: [] }
  }

  async function call(name: string, id: string): Promise<void> {
    if (!writing || 'message' in writing) writing = await openCalls()
    writing.calls.push({ id, type: 'function', function: { name, arguments: '', output: null } })
    const begun = {
      index: writing.calls.length - 1,
      id,
      type: 'function',
      function: { name, arguments: '', output: null },
    }
    log.append(callDelta(writing.step, begun as ToolCallDelta))
  }

  async function openCalls(): Promise<Extract<Writing, { calls: unknown }>> {
    const spoken = open()
    const step = newStep(run, { id: newId('step'), details: { type: 'tool_calls', tool_calls: [] }, now: now() })
    const settled: StreamEvent[] = []
    await commit(async (tx) => {
      if (spoken) settled.push(...(await settleSpoken(tx, spoken, now())))
      await tx.steps.insert(stepRow(step, turn))
    })
    log.append(...settled, ...stepOpened(step))
    return { step, calls: [] }
  }

  function callArguments(addition: string): void {
    const last = writing && 'calls' in writing ? writing.calls.at(-1) : undefined
    if (!writing || !('calls' in writing) || !last) throw new Error('arguments before their call')
    last.function.arguments += addition
    const index = writing.calls.length - 1
    log.append(callDelta(writing.step, { index, type: 'function', function: { arguments: addition } }))
  }

  function open(): OpenStep | undefined {
    if (!writing) return undefined
    if ('message' in writing) {
      return { step: writing.step, turn, message: { ...writing.message, content: writing.content } }
    }
    const step_details = { type: 'tool_calls' as const, tool_calls: writing.calls }
    return { step: { ...writing.step, step_details }, turn, message: undefined }
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

function emptyText(): ContentPart {
  return { type: 'text', text: { value: '', annotations: [] } }
}

function append(part: ContentPart, addition: string): void {
  if (part.type === 'text') part.text.value += addition
  else if (part.type === 'refusal') part.refusal += addition
}

/** The first delta of a text part says that there are no annotations yet; the others carry only text. */
function deltaPart(kind: 'text' | 'refusal', index: number, addition: string, begins: boolean): MessageDeltaPart {
  if (kind === 'refusal') return { index, type: 'refusal', refusal: addition }
  return { index, type: 'text', text: begins ? { value: addition, annotations: [] } : { value: addition } }
}

function callDelta(step: RunStep, call: ToolCallDelta): StreamEvent {
  return {
    event: 'thread.run.step.delta',
    data: {
      id: step.id,
      object: 'thread.run.step.delta',
      delta: { step_details: { type: 'tool_calls', tool_calls: [call] } },
    },
  }
}
