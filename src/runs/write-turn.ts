import { toText } from '../api/json.ts'
import type { Run } from '../api/run.ts'
import type { CodeOutput, RunStep, ToolCall } from '../api/run-step.ts'
import type { StreamEvent } from '../api/stream-event.ts'
import type { Now } from '../lib/clock.ts'
import type { NewId } from '../lib/id.ts'
import type { RunLog } from '../ports/events.ts'
import type { Transaction } from '../ports/store.ts'
import type { InputReader } from '../tools/code-arguments.ts'
import type { Passage } from '../tools/tool.ts'
import { type CallsDraft, draftCalls } from './draft-calls.ts'
import { draftMessage, type MessageDraft, type PartKind } from './draft-message.ts'
import { draftServerCall, type ServerCallDraft } from './draft-server-call.ts'
import { messageOpened, newAssistantMessage, newStep, stepOpened, stepRow } from './new-step.ts'
import { endMessage, endStep, type OpenStep, settleMessageRow } from './open-step.ts'
import { withCall } from './step-details.ts'
import { noUsage } from './usage.ts'

/**
 * Writes down one turn of the model as it comes: rows when a step opens or settles, an event for every piece, and
 * nothing in the store per token. Text makes a message and its step; the first tool call settles those and opens the
 * step that holds all function calls of the turn. A call of the server's own tools has a step to itself.
 */
export interface TurnWriter {
  /** Continues the message, or begins it. */
  text(kind: PartKind, addition: string): Promise<void>
  /** Continues the message with a marker and what it cites. */
  cite(marker: string, passage: Passage): Promise<void>
  /** Continues the message with a link to a file. */
  link(link: string, file_id: string): Promise<void>
  /** Begins the turn's next function call. */
  call(name: string, id: string): Promise<void>
  /** Continues the call that was begun last. */
  callArguments(addition: string): void
  /** What is open now, with everything that was said so far. */
  open(): OpenStep | undefined
  /** Opens a step for one call of the server's own tools, with its row; a message that was being written is finished. */
  serverCall(begun: ToolCall, reader: InputReader | undefined): Promise<ServerCall>
}

/** A call of the server's own tools that has its step open. */
export interface ServerCall {
  readonly step: RunStep
  /** Continues the arguments, as the model writes them. */
  write(piece: string): void
  /** Nothing more is written. */
  written(): void
  /** Shows something that came of it. */
  show(output: CodeOutput): void
  /** The call with all that was written and shown so far. */
  call(): ToolCall
  /** Forgets the step, once somebody else has settled its row. */
  close(): void
}

interface TurnWriterParts {
  run: Run
  turn: number
  /** Images that earlier calls made, by their file ids: they come before the text of the turn's message. */
  images: readonly string[]
  log: RunLog
  /** A transaction that only the run's executor may make. */
  commit(work: (tx: Transaction) => Promise<void>): Promise<void>
  newId: NewId
  now: Now
}

export function createTurnWriter({ run, turn, images, log, commit, newId, now }: TurnWriterParts): TurnWriter {
  let speaking: { readonly step: RunStep; readonly draft: MessageDraft } | undefined
  let calling: CallsDraft | undefined
  let carrying: { readonly step: RunStep; readonly draft: ServerCallDraft } | undefined

  async function text(kind: PartKind, addition: string): Promise<void> {
    log.append((await spoken()).add(kind, addition))
  }

  async function cite(marker: string, passage: Passage): Promise<void> {
    log.append((await spoken()).cite(marker, passage))
  }

  async function link(link: string, file_id: string): Promise<void> {
    log.append((await spoken()).link(link, file_id))
  }

  async function spoken(): Promise<MessageDraft> {
    if (calling || carrying) throw new Error('text after tool calls belongs to the next turn')
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
    const draft = draftMessage(message)
    log.append(...stepOpened(step), ...messageOpened(message), ...images.map(draft.image))
    return { step, draft }
  }

  async function call(name: string, id: string): Promise<void> {
    if (!calling) calling = draftCalls(await openStep())
    log.append(calling.begin(id, name))
  }

  async function serverCall(begun: ToolCall, reader: InputReader | undefined): Promise<ServerCall> {
    const step = await openStep()
    const draft = draftServerCall(step, begun, reader)
    carrying = { step, draft }
    log.append(draft.begin())
    return {
      step,
      write: (piece) => log.append(...draft.write(piece)),
      written: () => log.append(...draft.written()),
      show: (output) => log.append(draft.show(output)),
      call: draft.call,
      close() {
        carrying = undefined
      },
    }
  }

  /** Opens a step of calls; a message that was being written is finished in the same transaction. */
  async function openStep(): Promise<RunStep> {
    const step = newStep(run, { id: newId('step'), details: { type: 'tool_calls', tool_calls: [] }, now: now() })
    const before = open()
    const settled: StreamEvent[] = []
    await commit(async (tx) => {
      if (before) settled.push(...(await settleSpoken(tx, before, now())))
      await tx.steps.insert(stepRow(step, turn))
    })
    log.append(...settled, ...stepOpened(step))
    speaking = undefined
    return step
  }

  function callArguments(addition: string): void {
    if (!calling) throw new Error('no step of calls is open')
    log.append(calling.add(addition))
  }

  function open(): OpenStep | undefined {
    if (calling) return { step: calling.step(), turn, message: undefined, citations: [] }
    if (carrying)
      return { step: withCall(carrying.step, carrying.draft.call()), turn, message: undefined, citations: [] }
    if (!speaking) return undefined
    const { step, draft } = speaking
    return { step, turn, message: draft.message(), citations: draft.citations() }
  }

  return { text, cite, link, call, callArguments, open, serverCall }
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
