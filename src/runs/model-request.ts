import type { Run } from '../api/run.ts'
import type { ToolChoice } from '../api/tool.ts'
import type { ModelMessage, ModelRequest, ModelTool } from '../ports/model.ts'

/** What a run asks of its model in its turn of that number, counted from 0. */
export function modelRequest(run: Run, { turn, messages, tools, maxCompletion }: RequestParts): ModelRequest {
  const { model, parallel_tool_calls, response_format, temperature, top_p, reasoning_effort, thread_id } = run
  return {
    model,
    messages,
    tools,
    tool_choice: chosenTool(run.tool_choice, turn),
    parallel_tool_calls,
    response_format,
    temperature,
    top_p,
    reasoning_effort,
    max_completion_tokens: maxCompletion,
    thread_id,
  }
}

interface RequestParts {
  turn: number
  messages: readonly ModelMessage[]
  tools: readonly ModelTool[]
  /** What is left of the run's budget; null without one. */
  maxCompletion: number | null
}

/** The run's functions, unless it is to call none. */
export function offeredTools(run: Run): ModelTool[] {
  if (run.tool_choice === 'none') return []
  return run.tools.flatMap((tool) => {
    if (tool.type !== 'function') return []
    const { name, description, parameters = { type: 'object', properties: {} }, strict } = tool.function
    return [{ name, description, parameters, strict: strict ?? false }]
  })
}

/** A forced call is forced on the run's first turn only: asked again and again, the run would never end. */
function chosenTool(choice: ToolChoice, turn: number): ModelRequest['tool_choice'] {
  if (typeof choice === 'string') return choice === 'required' && turn > 0 ? 'auto' : choice
  return turn === 0 && choice.function ? { function: choice.function.name } : 'auto'
}
