import { badRequest } from '../api/error.ts'
import type { FunctionTool, Tool } from '../api/tool.ts'
import { unreachable } from '../lib/unreachable.ts'

type FileSearchTool = Extract<Tool, { type: 'file_search' }>

/**
 * Tools as the original shows and uses them, with every default filled in. Throws `ApiError` for a function whose
 * parameters cannot be arguments; `tools` is where they stand in the request.
 */
export function normalizeTools(tools: readonly Tool[]): Tool[] {
  return tools.map((tool, index) => {
    switch (tool.type) {
      case 'code_interpreter':
        return tool
      case 'file_search':
        return withRanking(tool)
      case 'function':
        return withParameters(tool, `tools[${index}].function.parameters`)
      default:
        return unreachable(tool)
    }
  })
}

function withRanking({ type, file_search }: FileSearchTool): FileSearchTool {
  const score_threshold = file_search?.ranking_options?.score_threshold ?? 0
  return { type, file_search: { ...file_search, ranking_options: { ranker: 'default_2024_08_21', score_threshold } } }
}

function withParameters({ type, function: called }: FunctionTool, param: string): FunctionTool {
  const { name, parameters = { type: 'object', properties: {} } } = called
  if (typeof parameters.type === 'string' && parameters.type !== 'object') {
    throw badRequest(
      `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: "${parameters.type}"'.`,
      { param, code: 'invalid_function_parameters' },
    )
  }
  return { type, function: { ...called, parameters, strict: called.strict ?? false } }
}
