import type { Run } from '../api/run.ts'
import type { Tool, ToolChoice } from '../api/tool.ts'
import type { ModelMessage, ModelRequest, ModelTool } from '../ports/model.ts'
import type { RunMaterials, ServerTool } from '../tools/tool.ts'

/** What a run asks of its model in its turn of that number, counted from 0. */
export function modelRequest(run: Run, parts: RequestParts): ModelRequest {
  const { turn, messages, tools, serverTools, maxCompletion } = parts
  const { model, parallel_tool_calls, response_format, temperature, top_p, reasoning_effort, thread_id } = run
  return {
    model,
    messages,
    tools,
    tool_choice: chosenTool(run.tool_choice, turn, serverTools),
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
  serverTools: ServerTools
  /** What is left of the run's budget; null without one. */
  maxCompletion: number | null
}

/** The server's own tools by the names under which the model knows them. */
export type ServerTools = ReadonlyMap<string, ServerTool>

/** The run's functions and the server's own tools, unless it is to call none. */
export function offeredTools(
  run: Run,
  own: readonly ServerTool[],
  materials: RunMaterials,
): { tools: ModelTool[]; serverTools: ServerTools } {
  const serverTools = new Map<string, ServerTool>()
  if (run.tool_choice === 'none') return { tools: [], serverTools }
  const tools = run.tools.flatMap(offeredFunction)
  const taken = new Set(tools.map(({ name }) => name))
  for (const tool of own) {
    const offer = tool.offer(run, materials)
    if (!offer) continue
    // A function of the client may have the same name; then ours gives way.
    let { name } = offer
    while (taken.has(name)) name = `_${name}`
    tools.push({ ...offer, name })
    serverTools.set(name, tool)
  }
  return { tools, serverTools }
}

function offeredFunction(tool: Tool): ModelTool[] {
  if (tool.type !== 'function') return []
  const { name, description, parameters = { type: 'object', properties: {} }, strict } = tool.function
  return [{ name, description, parameters, strict: strict ?? false }]
}

/** A forced call is forced on the run's first turn only: asked again and again, the run would never end. */
function chosenTool(choice: ToolChoice, turn: number, serverTools: ServerTools): ModelRequest['tool_choice'] {
  if (typeof choice === 'string') return choice === 'required' && turn > 0 ? 'auto' : choice
  if (turn > 0) return 'auto'
  if (choice.type === 'function') return choice.function ? { function: choice.function.name } : 'auto'
  const own = [...serverTools].find(([, tool]) => tool.type === choice.type)
  return own ? { function: own[0] } : 'auto'
}
