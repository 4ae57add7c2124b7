import type { ModelContent, ModelMessage, ModelRequest, ModelTool, ModelToolCall } from '../../ports/model.ts'
import { isWholeObject } from './tool-calls.ts'

/** What an upstream wants differently. */
export interface ChatDialect {
  /** The name of the field that limits the reply. The older one is all that some servers know. */
  readonly tokenLimitField: 'max_completion_tokens' | 'max_tokens'
  /** Fields of the body that this upstream or model does not take; they are left out. */
  readonly drop: readonly string[]
}

/**
 * The body of a chat completion request. What asks for the default is left out, since many servers refuse fields they
 * do not know. With `tool_choice` none no tool is offered.
 */
export function chatRequest(request: ModelRequest, { tokenLimitField, drop }: ChatDialect): Record<string, unknown> {
  const { tool_choice, response_format } = request
  const offered = request.tools.length > 0 && tool_choice !== 'none'
  const formatted = response_format !== 'auto' && response_format.type !== 'text'
  const body: Record<string, unknown> = {
    model: request.model,
    messages: request.messages.map(chatMessage),
    stream: true,
    stream_options: { include_usage: true },
    tools: offered ? request.tools.map(chatTool) : undefined,
    tool_choice: offered && tool_choice !== 'auto' ? chatToolChoice(tool_choice) : undefined,
    parallel_tool_calls: offered && !request.parallel_tool_calls ? false : undefined,
    response_format: formatted ? response_format : undefined,
    temperature: request.temperature ?? undefined,
    top_p: request.top_p ?? undefined,
    reasoning_effort: request.reasoning_effort ?? undefined,
    [tokenLimitField]: request.max_completion_tokens ?? undefined,
  }
  for (const field of drop) delete body[field]
  return body
}

export function chatMessage(message: ModelMessage): Record<string, unknown> {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.text }
    case 'user':
      return { role: 'user', content: chatContent(message.content) }
    case 'assistant':
      if (message.tool_calls.length === 0) return { role: 'assistant', content: message.text ?? '' }
      return { role: 'assistant', content: message.text, tool_calls: message.tool_calls.map(chatToolCall) }
    case 'tool':
      return { role: 'tool', tool_call_id: message.tool_call_id, content: message.text }
  }
}

/** A single text goes as a string, which servers that know no parts take too. */
function chatContent(content: readonly ModelContent[]): unknown {
  const [only] = content
  if (only?.type === 'text' && content.length === 1) return only.text
  return content.map((part) =>
    part.type === 'text'
      ? { type: 'text', text: part.text }
      : { type: 'image_url', image_url: { url: part.url, detail: part.detail } },
  )
}

/**
 * Earlier arguments that are no JSON object are wrapped in one: vLLM, llama.cpp and Ollama parse them to fill their
 * templates and would refuse the whole conversation.
 */
function chatToolCall({ id, name, arguments: text }: ModelToolCall): Record<string, unknown> {
  const whole = isWholeObject(text) ? text : JSON.stringify(text.trim() === '' ? {} : { invalid_json: text })
  return { id, type: 'function', function: { name, arguments: whole } }
}

function chatTool({ name, description, parameters, strict }: ModelTool): Record<string, unknown> {
  return { type: 'function', function: { name, description, parameters, strict: strict || undefined } }
}

function chatToolChoice(choice: 'required' | { function: string } | 'none' | 'auto'): unknown {
  return typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.function } }
}
