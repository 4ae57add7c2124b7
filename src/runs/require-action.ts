import { toText } from '../api/json.ts'
import type { FunctionCall, Usage } from '../api/run.ts'
import type { ToolCall } from '../api/run-step.ts'
import type { StreamEvent } from '../api/stream-event.ts'
import type { Transaction } from '../ports/store.ts'
import { changeRun } from './change-run.ts'
import { endOfStream } from './end-run.ts'
import type { OpenStep } from './open-step.ts'

/**
 * Leaves the calls of the open step to the client. The step stays open until the outputs come and shows no usage
 * before; what the call cost is kept beside it. Undefined, and nothing changed, when the run was cancelled meanwhile.
 */
export async function requireAction(
  tx: Transaction,
  { step }: OpenStep,
  usage: Usage | undefined,
): Promise<StreamEvent[] | undefined> {
  const calls = step.step_details.type === 'tool_calls' ? step.step_details.tool_calls : []
  const required_action = {
    type: 'submit_tool_outputs' as const,
    submit_tool_outputs: { tool_calls: calls.flatMap(functionCall) },
  }
  const run = await changeRun(tx, step.run_id, { status: 'requires_action', required_action })
  if (!run) return undefined
  await tx.steps.update(step.id, { body: toText(step), usage: usage ? toText(usage) : null })
  return endOfStream(run)
}

function functionCall(call: ToolCall): FunctionCall[] {
  if (call.type !== 'function') return []
  const { name, arguments: given } = call.function
  return [{ id: call.id, type: 'function', function: { name, arguments: given } }]
}
