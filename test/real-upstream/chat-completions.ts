import { randomInt, randomUUID } from 'node:crypto'
import type { LocalModel } from './local-model.ts'
import { RequestError } from './request-error.ts'

type FunctionTool = { type: 'function'; function: { name: string; parameters?: object } }
type ContentPart = { type: string; text?: string }

export type ChatRequest = {
  messages: { role: string; content?: string | null | ContentPart[]; tool_calls?: object[] }[]
  stream?: boolean
  stream_options?: { include_usage?: boolean } | null
  max_completion_tokens?: number | null
  max_tokens?: number | null
  temperature?: number | null
  top_p?: number | null
  seed?: number | null
  tools?: FunctionTool[]
  tool_choice?: 'none' | 'auto' | 'required' | { type: 'function'; function: { name: string } }
  response_format?: { type: string; json_schema?: { schema?: object } }
}

type ChatCompletion = Awaited<ReturnType<typeof startCompletion>>

/** Everything that can be wrong with a request shows here, before the first byte of a stream. */
export async function startCompletion(model: LocalModel, request: ChatRequest) {
  if (!Array.isArray(request.messages)) throw new RequestError(400, "Missing required parameter: 'messages'.")
  const messages = request.messages.map((message) => ({ ...message, content: textOf(message.content) }))
  const prompt = model.renderPrompt({ messages, tools: request.tools })
  const room = model.contextSize - prompt.length
  if (room <= 0) {
    const lengths = `${model.contextSize} tokens, and the prompt has ${prompt.length}`
    throw new RequestError(400, `This model's maximum context length is ${lengths}.`, 'context_length_exceeded')
  }
  const limit = request.max_completion_tokens ?? request.max_tokens ?? room
  if (limit < 1) throw new RequestError(400, `Invalid 'max_completion_tokens': ${limit} is below 1.`)
  const forced = forcedFunction(request)
  const schema = forced ? { type: 'object', ...forced.parameters } : request.response_format?.json_schema?.schema
  const parts = model.generate({
    prompt,
    maxTokens: Math.min(limit, room),
    temperature: request.temperature ?? 1,
    topP: request.top_p ?? 1,
    seed: request.seed ?? randomInt(2 ** 31),
    grammar: schema && (await model.createGrammar(schema)),
  })
  return {
    head: { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model: model.name },
    promptTokens: prompt.length,
    call: forced && { id: `call_${randomUUID()}`, type: 'function' as const, name: forced.name },
    parts,
  }
}

export async function* streamCompletion(completion: ChatCompletion, includeUsage: boolean): AsyncGenerator<object> {
  const { head, promptTokens, call, parts } = completion
  function chunk(delta: object, finishReason: string | null = null) {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }]
    return { ...head, object: 'chat.completion.chunk', choices, ...(includeUsage && { usage: null }) }
  }

  yield chunk({ role: 'assistant', content: call ? null : '' })
  if (call) {
    const { id, type, name } = call
    yield chunk({ tool_calls: [{ index: 0, id, type, function: { name, arguments: '' } }] })
  }
  for await (const part of parts) {
    if (part.type === 'text') {
      yield chunk(call ? { tool_calls: [{ index: 0, function: { arguments: part.text } }] } : { content: part.text })
      continue
    }
    yield chunk({}, finishReason(completion, part.reason))
    if (includeUsage) {
      const usage = usageOf(promptTokens, part.completionTokens)
      yield { ...head, object: 'chat.completion.chunk', choices: [], usage }
    }
  }
}

export async function collectCompletion(completion: ChatCompletion, isWanted: () => boolean) {
  const { head, promptTokens, call, parts } = completion
  let text = ''
  for await (const part of parts) {
    if (!isWanted()) break
    if (part.type === 'text') {
      text += part.text
      continue
    }
    const toolCall = call && { id: call.id, type: call.type, function: { name: call.name, arguments: text } }
    const message = { role: 'assistant', content: call ? null : text, ...(toolCall && { tool_calls: [toolCall] }) }
    const choices = [{ index: 0, message, logprobs: null, finish_reason: finishReason(completion, part.reason) }]
    return { ...head, object: 'chat.completion', choices, usage: usageOf(promptTokens, part.completionTokens) }
  }
  return undefined
}

function textOf(content: string | null | undefined | ContentPart[]) {
  return Array.isArray(content) ? content.map((part) => part.text ?? `[${part.type}]`).join('\n') : content
}

function forcedFunction({ tools = [], tool_choice: choice }: ChatRequest) {
  if (choice === 'required') return tools[0]?.function
  if (typeof choice !== 'object') return undefined
  const forced = tools.find((tool) => tool.function.name === choice.function.name)
  if (!forced) throw new RequestError(400, `Tool choice '${choice.function.name}' not found in 'tools' parameter.`)
  return forced.function
}

function finishReason({ call }: ChatCompletion, reason: 'stop' | 'length') {
  return call && reason === 'stop' ? 'tool_calls' : reason
}

function usageOf(promptTokens: number, completionTokens: number) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  }
}
