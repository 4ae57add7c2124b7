import type { Run, Usage } from '../api/run.ts'
import type { NewId } from '../lib/id.ts'
import { unreachable } from '../lib/unreachable.ts'
import type { FinishReason, ModelPart } from '../ports/model.ts'
import type { Passage } from '../tools/tool.ts'
import type { AskedCall } from './call-tools.ts'
import { citedText } from './cited-text.ts'
import { holdCalls } from './hold-calls.ts'
import type { ServerTools } from './model-request.ts'
import type { TurnWriter } from './write-turn.ts'

/** How the model's reply ended, what it cost, and what it wants the server to do. */
export interface RecordedTurn {
  readonly finish: FinishReason
  /** Undefined when the upstream did not say. */
  readonly usage: Usage | undefined
  /** Calls of the server's own tools, in the model's order. */
  readonly serverCalls: readonly AskedCall[]
  /** Calls of functions that have still to be written down, since the server's come first. */
  readonly functionCalls: readonly HeldCall[]
}

/** A call as the model makes it. */
export interface HeldCall {
  readonly id: string
  readonly name: string
  arguments: string
}

interface RecordParts {
  run: Run
  writer: TurnWriter
  parallel: boolean
  serverTools: ServerTools
  /** What a citation points at: passage i of the result with this number. */
  passageAt: (position: number, index: number) => Passage | undefined
  /** Files to which the text can link, their ids by their paths. */
  files: ReadonlyMap<string, string>
  newId: NewId
}

/**
 * Records one reply of the model through `writer`. A reply with neither text nor calls becomes an empty message, so
 * that every completed run has something to show. With `parallel` off, calls after the first are dropped: some
 * upstreams ignore the request for a single one. So is text that follows a call, since a step of calls stays open until
 * its outputs come and nothing may open beside it.
 *
 * Where the model has tools of the server, its calls are held until the reply is over: the server's own calls come
 * first, each in a step of its own, and only then the functions of the same turn. The first of the server's own has its
 * step while the model still writes it, if that shows anything.
 */
export async function recordTurn(parts: AsyncIterable<ModelPart>, options: RecordParts): Promise<RecordedTurn> {
  const { writer, parallel, serverTools, newId } = options
  const calls = serverTools.size > 0 ? holdCalls(options) : writeCalls(writer)
  const text = serverTools.size > 0 ? citedText(options) : plainText(writer)
  const ids = new Set<string>()
  let usage: Usage | undefined
  let finish: FinishReason | undefined
  let called = false
  const wanted = (index: number) => parallel || index === 0
  for await (const part of parts) {
    switch (part.type) {
      case 'text-delta':
        if (!called) await text.push(part.text)
        break
      case 'refusal-delta':
        if (!called) await writer.text('refusal', part.text)
        break
      case 'tool-call':
        if (!called) await text.end()
        called = true
        if (wanted(part.index)) await calls.begin({ id: callId(part.id, ids, newId), name: part.name, arguments: '' })
        break
      case 'tool-call-delta':
        if (wanted(part.index)) calls.continue(part.arguments)
        break
      case 'usage':
        usage = part.usage
        break
      case 'finish':
        finish = part.reason
        break
      default:
        unreachable(part)
    }
  }
  if (!finish) throw new Error('the model ended without saying why')
  if (!called) await text.end()
  const held = calls.held()
  if (!writer.open() && held.serverCalls.length + held.functionCalls.length === 0) await writer.text('text', '')
  return { finish, usage, ...held }
}

/** Writes down function calls that were held: as one step, each call whole. */
export async function writeHeldCalls(writer: TurnWriter, calls: readonly HeldCall[]): Promise<void> {
  for (const { id, name, arguments: given } of calls) {
    await writer.call(name, id)
    writer.callArguments(given)
  }
}

function writeCalls(writer: TurnWriter) {
  return {
    begin: ({ id, name }: HeldCall) => writer.call(name, id),
    continue: (text: string) => writer.callArguments(text),
    held: () => ({ serverCalls: [], functionCalls: [] }),
  }
}

function plainText(writer: TurnWriter) {
  return { push: (text: string) => writer.text('text', text), end: async () => {} }
}

/** The upstream's own id where it has the API's shape and is new in this turn; many upstreams send other shapes. */
function callId(given: string | null, seen: Set<string>, newId: NewId): string {
  const id = given !== null && /^call_[A-Za-z0-9]{24}$/.test(given) && !seen.has(given) ? given : newId('call')
  seen.add(id)
  return id
}
