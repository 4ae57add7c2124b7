import { toText } from '../api/json.ts'
import type { Run, Usage } from '../api/run.ts'
import type { ToolCall } from '../api/run-step.ts'
import type { Now } from '../lib/clock.ts'
import type { RunLog } from '../ports/events.ts'
import type { Transaction } from '../ports/store.ts'
import type { ServerTool, ToolContext, ToolResult } from '../tools/tool.ts'
import { endStep } from './open-step.ts'
import { type CarriedOutCall, callDetails, withCall } from './step-details.ts'
import { noUsage } from './usage.ts'
import type { ServerCall, TurnWriter } from './write-turn.ts'

/** A call of one of the server's own tools, as the model asked for it. */
export interface AskedCall {
  readonly id: string
  readonly name: string
  readonly arguments: string
  readonly tool: ServerTool
  /** Its step, if that was opened while the model still wrote the call. */
  readonly step: ServerCall | undefined
}

interface CallParts {
  run: Run
  writer: TurnWriter
  log: RunLog
  commit(work: (tx: Transaction) => Promise<void>): Promise<void>
  context: Omit<ToolContext, 'position' | 'show'>
  /** The number under which the first of these results can be cited; the others follow. */
  firstPosition: number
  /** Whether the stream shows what `include[]` asks for. */
  full: boolean
  now: Now
}

/**
 * Carries out the server's calls of one turn, one after the other and each in a step of its own, since no two steps may
 * be open at once. The row of a step exists before its call begins. What the turn cost goes to the first of them.
 */
export async function callTools(calls: readonly AskedCall[], usage: Usage, parts: CallParts): Promise<void> {
  for (const [place, asked] of calls.entries()) {
    const position = parts.firstPosition + place
    await carryOut(asked, { ...parts, position, usage: place === 0 ? usage : noUsage })
  }
}

async function carryOut(asked: AskedCall, parts: CallParts & { position: number; usage: Usage }): Promise<void> {
  const { log, commit, context, position, now } = parts
  const open = asked.step ?? (await opened(asked, parts))
  open.written()
  const result = await asked.tool.carryOut(asked, { ...context, position, show: open.show })
  context.signal.throwIfAborted()
  const ended = endStep(open.step, { status: 'completed', usage: parts.usage }, now())
  const call = result.call ?? open.call()
  const full = withCall(ended, call)
  const shown = withCall(ended, withoutContent(call))
  await commit(async (tx) => {
    await tx.steps.update(open.step.id, {
      status: ended.status,
      body: toText(shown),
      full: toText(full),
      details: callDetails([recordOf(asked, result, position)]),
    })
    await result.save?.(tx)
  })
  open.close()
  log.append({ event: 'thread.run.step.completed', data: parts.full ? full : shown })
}

/** The call's own step, with what the model wrote. */
async function opened(asked: AskedCall, { run, writer }: CallParts): Promise<ServerCall> {
  const open = await writer.serverCall(asked.tool.begin(asked, run), asked.tool.readInput?.())
  open.write(asked.arguments)
  return open
}

/** Without what is shown only when `include[]` asks for it. */
function withoutContent(call: ToolCall): ToolCall {
  if (call.type !== 'file_search') return call
  const results = call.file_search.results?.map(({ content: _, ...result }) => result)
  return { ...call, file_search: { ...call.file_search, ...(results && { results }) } }
}

function recordOf({ id, name, arguments: given }: AskedCall, result: ToolResult, position: number): CarriedOutCall {
  const { output, passages, images, files } = result
  return { id, name, arguments: given, output, position, passages, images, files }
}
