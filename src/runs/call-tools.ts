import { toText } from '../api/json.ts'
import type { Run, Usage } from '../api/run.ts'
import type { RunStep, ToolCall } from '../api/run-step.ts'
import type { ToolCallDelta } from '../api/stream-event.ts'
import type { Now } from '../lib/clock.ts'
import type { NewId } from '../lib/id.ts'
import type { RunLog } from '../ports/events.ts'
import type { Transaction } from '../ports/store.ts'
import type { ServerTool, ToolContext, ToolResult } from '../tools/tool.ts'
import { newStep } from './new-step.ts'
import { endStep } from './open-step.ts'
import { callDetails } from './step-details.ts'
import { noUsage } from './usage.ts'
import type { TurnWriter } from './write-turn.ts'

/** A call of one of the server's own tools, as the model asked for it. */
export interface AskedCall {
  readonly id: string
  readonly name: string
  readonly arguments: string
  readonly tool: ServerTool
}

interface CallParts {
  run: Run
  writer: TurnWriter
  log: RunLog
  commit(work: (tx: Transaction) => Promise<void>): Promise<void>
  context: Omit<ToolContext, 'position'>
  /** The number under which the first of these results can be cited; the others follow. */
  firstPosition: number
  /** Whether the stream shows what `include[]` asks for. */
  full: boolean
  newId: NewId
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
  const { run, writer, log, commit, context, position, newId, now } = parts
  const begun = asked.tool.begin(asked, run)
  const step = newStep(run, { id: newId('step'), details: { type: 'tool_calls', tool_calls: [] }, now: now() })
  await writer.openCalls(step, [begun])
  log.append({
    event: 'thread.run.step.delta',
    data: {
      id: step.id,
      object: 'thread.run.step.delta',
      delta: { step_details: { type: 'tool_calls', tool_calls: [{ index: 0, ...begun } as ToolCallDelta] } },
    },
  })
  const result = await asked.tool.carryOut(asked, { ...context, position })
  context.signal.throwIfAborted()
  const ended = endStep(step, { status: 'completed', usage: parts.usage }, now())
  const full = withCall(ended, result.call)
  const shown = withCall(ended, withoutContent(result.call))
  await commit(async (tx) => {
    await tx.steps.update(step.id, {
      status: ended.status,
      body: toText(shown),
      full: toText(full),
      details: callDetails([recordOf(asked, result, position)]),
    })
  })
  writer.closeCalls()
  log.append({ event: 'thread.run.step.completed', data: parts.full ? full : shown })
}

function withCall(step: RunStep, call: ToolCall): RunStep {
  return { ...step, step_details: { type: 'tool_calls', tool_calls: [call] } }
}

/** Without what is shown only when `include[]` asks for it. */
function withoutContent(call: ToolCall): ToolCall {
  if (call.type !== 'file_search') return call
  const results = call.file_search.results?.map(({ content: _, ...result }) => result)
  return { ...call, file_search: { ...call.file_search, ...(results && { results }) } }
}

function recordOf({ id, name, arguments: given }: AskedCall, { output, passages }: ToolResult, position: number) {
  return { id, name, arguments: given, output, position, passages }
}
