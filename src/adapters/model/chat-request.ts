import { z } from 'zod'
import { badRequest } from '../../api/error.ts'
import type { ModelMessage, ModelRequest } from '../../ports/model.ts'

/** A chat completion request as clients send it, as far as the scripted model reads it. */
const textPart = z.looseObject({ type: z.string(), text: z.string().optional() })
const content = z
  .union([z.string(), z.array(textPart)])
  .nullish()
  .transform((given) => {
    if (typeof given === 'string') return given
    return (given ?? []).map(({ text }) => text ?? '').join('\n')
  })

const toolCall = z.looseObject({ id: z.string(), function: z.looseObject({ name: z.string(), arguments: z.string() }) })

const message = z
  .discriminatedUnion('role', [
    z.looseObject({ role: z.enum(['system', 'developer']), content }),
    z.looseObject({ role: z.literal('user'), content }),
    z.looseObject({ role: z.literal('assistant'), content, tool_calls: z.array(toolCall).nullish() }),
    z.looseObject({ role: z.literal('tool'), content, tool_call_id: z.string() }),
  ])
  .transform((given): ModelMessage => {
    const text = given.content
    if (given.role === 'user') return { role: 'user', content: [{ type: 'text', text }] }
    if (given.role === 'tool') return { role: 'tool', text, tool_call_id: given.tool_call_id }
    if (given.role !== 'assistant') return { role: 'system', text }
    const tool_calls = (given.tool_calls ?? []).map((call) => ({ id: call.id, ...call.function }))
    return { role: 'assistant', text, tool_calls }
  })

const tool = z
  .looseObject({
    function: z.looseObject({
      name: z.string(),
      description: z.string().optional(),
      parameters: z.record(z.string(), z.unknown()).default({}),
      strict: z.boolean().nullish(),
    }),
  })
  .transform(({ function: { name, description, parameters, strict } }) => {
    return { name, description, parameters, strict: strict ?? false }
  })

const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z
    .looseObject({ function: z.looseObject({ name: z.string() }) })
    .transform(({ function: { name } }) => ({ function: name })),
])

const chatRequestBody = z.looseObject({
  model: z.string(),
  messages: z.array(message).min(1),
  tools: z.array(tool).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  max_tokens: z.int().min(1).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
})

export interface ReadChatRequest {
  readonly request: ModelRequest
  readonly stream: boolean
  readonly includeUsage: boolean
}

/** Reads a chat completion request into the model port's words. Throws a 400 that names the field. */
export function readChatRequest(body: unknown): ReadChatRequest {
  const parsed = chatRequestBody.safeParse(body)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const param = issue?.path.join('.') ?? null
    const problem = issue?.message.replace(/^Invalid input: /, '')
    throw badRequest(`Invalid value for '${param}': ${problem}.`, { param, code: 'invalid_value' })
  }
  const { model, messages, tools, tool_choice, parallel_tool_calls, max_completion_tokens, max_tokens } = parsed.data
  const request: ModelRequest = {
    model,
    messages,
    tools: tools ?? [],
    tool_choice: tool_choice ?? 'auto',
    parallel_tool_calls: parallel_tool_calls ?? true,
    response_format: 'auto',
    temperature: null,
    top_p: null,
    reasoning_effort: null,
    max_completion_tokens: max_completion_tokens ?? max_tokens ?? null,
    thread_id: '',
  }
  const { stream, stream_options } = parsed.data
  return { request, stream: stream ?? false, includeUsage: stream_options?.include_usage ?? false }
}
