import { randomUUID } from 'node:crypto'
import { ApiError, badRequest } from '../../api/error.ts'
import type { Usage } from '../../api/run.ts'
import type { FinishReason, ModelPart, ModelProvider, PassThrough } from '../../ports/model.ts'
import { readChatRequest } from './chat-request.ts'
import { readModel } from './pass-through.ts'
import { UpstreamFailure } from './upstream-failure.ts'

type Forwarded = Parameters<PassThrough['forward']>[1]

/** Answers a chat completion request of the pass-through by the script, streamed or not. There are no embeddings. */
export async function answerChat(
  stream: ModelProvider['stream'],
  path: '/chat/completions' | '/embeddings',
  { body, signal, now }: Forwarded & { now: () => number },
): Promise<Response> {
  const fields = readModel(body)
  if (path === '/embeddings')
    throw badRequest('The scripted model makes no embeddings. Configure an upstream with REPRISE_UPSTREAM_URL.', {
      code: 'unsupported_endpoint',
    })
  const asked = readChatRequest(fields)
  const parts = stream(asked.request, { signal })[Symbol.asyncIterator]()
  const envelope = { id: `chatcmpl-${randomUUID()}`, created: now(), model: asked.request.model }
  try {
    if (!asked.stream) return Response.json(await completion(parts, envelope))
    const first = await parts.next()
    return new Response(ReadableStream.from(chunks(first, parts, envelope, asked.includeUsage)), {
      headers: { 'content-type': 'text/event-stream; charset=utf-8' },
    })
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error
    const { status, code, message } = error
    throw new ApiError({
      status: status ?? 502,
      type: code === 'rate_limit_exceeded' ? code : 'server_error',
      message,
      code,
    })
  }
}

type Parts = AsyncIterator<ModelPart>
type Envelope = { id: string; created: number; model: string }
type Call = { id: string; type: 'function'; function: { name: string; arguments: string } }

async function completion(parts: Parts, envelope: Envelope): Promise<object> {
  const calls: Call[] = []
  let text = ''
  let refusal = ''
  let usage: Usage | null = null
  let finish_reason: FinishReason = 'stop'
  for (let next = await parts.next(); !next.done; next = await parts.next()) {
    const part = next.value
    if (part.type === 'text-delta') text += part.text
    else if (part.type === 'refusal-delta') refusal += part.text
    else if (part.type === 'tool-call') calls.push(callOf(part))
    else if (part.type === 'tool-call-delta') appendArguments(calls[part.index], part.arguments)
    else if (part.type === 'usage') usage = part.usage
    else finish_reason = part.reason
  }
  const said = { content: text || null, refusal: refusal || null, ...(calls.length > 0 ? { tool_calls: calls } : {}) }
  const choices = [{ index: 0, message: { role: 'assistant', ...said }, logprobs: null, finish_reason }]
  return { ...envelope, object: 'chat.completion', choices, ...(usage ? { usage: chatUsage(usage) } : {}) }
}

function callOf({ id, name }: Extract<ModelPart, { type: 'tool-call' }>): Call {
  return { id: id ?? `call_${randomUUID()}`, type: 'function', function: { name, arguments: '' } }
}

function appendArguments(call: Call | undefined, text: string): void {
  if (call) call.function.arguments += text
}

async function* chunks(first: IteratorResult<ModelPart>, parts: Parts, envelope: Envelope, includeUsage: boolean) {
  const encoder = new TextEncoder()
  const event = (fields: object) =>
    encoder.encode(`data: ${JSON.stringify({ ...envelope, object: 'chat.completion.chunk', ...fields })}\n\n`)
  const choice = (delta: object, finish_reason: FinishReason | null = null) =>
    event({ choices: [{ index: 0, delta, logprobs: null, finish_reason }] })
  let usage: Usage | null = null
  yield choice({ role: 'assistant', content: '' })
  for (let next = first; !next.done; next = await parts.next()) {
    const part = next.value
    if (part.type === 'usage') usage = part.usage
    else if (part.type === 'finish') yield choice({}, part.reason)
    else yield choice(deltaOf(part))
  }
  if (includeUsage && usage) yield event({ choices: [], usage: chatUsage(usage) })
  yield encoder.encode('data: [DONE]\n\n')
}

function deltaOf(part: Exclude<ModelPart, { type: 'usage' | 'finish' }>): object {
  switch (part.type) {
    case 'text-delta':
      return { content: part.text }
    case 'refusal-delta':
      return { refusal: part.text }
    case 'tool-call':
      return { tool_calls: [{ index: part.index, ...callOf(part) }] }
    case 'tool-call-delta':
      return { tool_calls: [{ index: part.index, function: { arguments: part.arguments } }] }
  }
}

/** The two names differ by a letter between the APIs. */
function chatUsage({ prompt_token_details, ...usage }: Usage): object {
  return { ...usage, prompt_tokens_details: prompt_token_details }
}
