import type { ModelMessage, ModelPart, ModelRequest } from '../../src/ports/model.ts'

/** A request with nothing special about it but what is given. */
export function modelRequest(change: Partial<ModelRequest> = {}): ModelRequest {
  return {
    model: 'gpt-4o',
    messages: [userMessage('Hi')],
    tools: [],
    tool_choice: 'auto',
    parallel_tool_calls: true,
    response_format: 'auto',
    temperature: null,
    top_p: null,
    reasoning_effort: null,
    max_completion_tokens: null,
    thread_id: 'thread_1',
    ...change,
  }
}

export function userMessage(text: string): ModelMessage {
  return { role: 'user', content: [{ type: 'text', text }] }
}

/** A reply put together, with its order checked: one call after the other, and `finish` last. */
export interface Reply {
  text: string
  refusal: string
  calls: { id: string | null; name: string; arguments: string }[]
  /** Prompt, completion, total, cached and reasoning tokens. */
  usage: number[] | null
  finish: string
}

/** Reads the stream to its end. Throws when its parts are not in the order that the port promises. */
export async function readReply(parts: AsyncIterable<ModelPart>): Promise<Reply> {
  const reply: Reply = { text: '', refusal: '', calls: [], usage: null, finish: '' }
  for await (const part of parts) {
    if (reply.finish !== '') throw new Error(`${part.type} after finish`)
    addPart(reply, part)
  }
  return reply
}

function addPart(reply: Reply, part: ModelPart): void {
  if (part.type === 'text-delta') reply.text += part.text
  else if (part.type === 'refusal-delta') reply.refusal += part.text
  else if (part.type === 'tool-call') {
    if (part.index !== reply.calls.length) throw new Error(`call ${part.index} after ${reply.calls.length} calls`)
    reply.calls.push({ id: part.id, name: part.name, arguments: '' })
  } else if (part.type === 'tool-call-delta') {
    const call = reply.calls.at(-1)
    if (!call || part.index !== reply.calls.length - 1) throw new Error(`a piece of call ${part.index} out of turn`)
    call.arguments += part.arguments
  } else if (part.type === 'usage') {
    if (reply.usage) throw new Error('usage twice')
    const { prompt_token_details, completion_tokens_details, ...counts } = part.usage
    const { prompt_tokens, completion_tokens, total_tokens } = counts
    const details = [prompt_token_details.cached_tokens, completion_tokens_details.reasoning_tokens]
    reply.usage = [prompt_tokens, completion_tokens, total_tokens, ...details]
  } else reply.finish = part.reason
}
