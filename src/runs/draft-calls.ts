import type { FunctionToolCall, RunStep } from '../api/run-step.ts'
import type { FunctionCallDelta, StreamEvent } from '../api/stream-event.ts'
import { type GrowingText, growingText } from './growing-text.ts'

/** The function calls that a model is making. */
export interface CallsDraft {
  /** Begins a call; answers the delta that says so, as `add` does. */
  begin(id: string, name: string): StreamEvent
  /** Continues the arguments of the call that was begun last. */
  add(addition: string): StreamEvent
  /** The step with all that was called so far. */
  step(): RunStep
}

interface CallDraft extends GrowingText {
  readonly id: string
  readonly name: string
}

/** `step` is as it was born, without calls. */
export function draftCalls(step: RunStep): CallsDraft {
  const calls: CallDraft[] = []

  function begin(id: string, name: string): StreamEvent {
    calls.push({ id, name, ...growingText() })
    return delta({ index: calls.length - 1, id, type: 'function', function: { name, arguments: '', output: null } })
  }

  function add(addition: string): StreamEvent {
    const last = calls.at(-1)
    if (!last) throw new Error('arguments before their call')
    last.add(addition)
    return delta({ index: calls.length - 1, type: 'function', function: { arguments: addition } })
  }

  function delta(call: FunctionCallDelta): StreamEvent {
    const step_details = { type: 'tool_calls' as const, tool_calls: [call] }
    return {
      event: 'thread.run.step.delta',
      data: { id: step.id, object: 'thread.run.step.delta', delta: { step_details } },
    }
  }

  function drafted(): RunStep {
    return { ...step, step_details: { type: 'tool_calls', tool_calls: calls.map(made) } }
  }

  return { begin, add, step: drafted }
}

function made({ id, name, text }: CallDraft): FunctionToolCall {
  return { id, type: 'function', function: { name, arguments: text(), output: null } }
}
