import type { CodeOutput, RunStep, ToolCall } from '../api/run-step.ts'
import type { CodeDelta, StreamEvent, ToolCallDelta } from '../api/stream-event.ts'
import type { InputReader } from '../tools/code-arguments.ts'
import { type GrowingText, growingText } from './growing-text.ts'

/** A call of one of the server's own tools, as its step shows it while the model writes it and while it is carried out. */
export interface ServerCallDraft {
  /** The delta that begins the call. */
  begin(): StreamEvent
  /** Continues the arguments; answers the delta of what can be shown of them. */
  write(piece: string): StreamEvent[]
  /** Nothing more is written. */
  written(): StreamEvent[]
  /** Adds to what came of it; logs that follow logs continue them. */
  show(output: CodeOutput): StreamEvent
  /** The call with all that was written and shown so far. */
  call(): ToolCall
}

type OutputDraft = { readonly type: 'logs'; readonly logs: GrowingText } | Extract<CodeOutput, { type: 'image' }>

/** `begun` is the call as it is before anything of it is known; `reader` reads the code out of its arguments, if it has any. */
export function draftServerCall(step: RunStep, begun: ToolCall, reader: InputReader | undefined): ServerCallDraft {
  const input = growingText()
  const outputs: OutputDraft[] = []

  function write(piece: string): StreamEvent[] {
    return reader ? continued(reader.push(piece)) : []
  }

  function written(): StreamEvent[] {
    return reader ? continued(reader.end()) : []
  }

  function continued(code: string): StreamEvent[] {
    if (code === '') return []
    input.add(code)
    return [codeDelta({ input: code })]
  }

  function show(output: CodeOutput): StreamEvent {
    const last = outputs.at(-1)
    if (output.type === 'logs' && last?.type === 'logs') last.logs.add(output.logs)
    else outputs.push(output.type === 'image' ? output : { type: 'logs', logs: grown(output.logs) })
    return codeDelta({ outputs: [{ index: outputs.length - 1, ...output }] })
  }

  function codeDelta(code_interpreter: CodeDelta['code_interpreter']): StreamEvent {
    return delta({ index: 0, type: 'code_interpreter', code_interpreter })
  }

  function delta(call: ToolCallDelta): StreamEvent {
    const step_details = { type: 'tool_calls' as const, tool_calls: [call] }
    return {
      event: 'thread.run.step.delta',
      data: { id: step.id, object: 'thread.run.step.delta', delta: { step_details } },
    }
  }

  function call(): ToolCall {
    if (begun.type !== 'code_interpreter') return begun
    return { ...begun, code_interpreter: { input: input.text(), outputs: outputs.map(made) } }
  }

  return { begin: () => delta({ index: 0, ...begun } as ToolCallDelta), write, written, show, call }
}

function grown(text: string): GrowingText {
  const growing = growingText()
  growing.add(text)
  return growing
}

function made(output: OutputDraft): CodeOutput {
  return output.type === 'image' ? output : { type: 'logs', logs: output.logs.text() }
}
