import type { Usage } from '../../api/run.ts'
import type { FinishReason, ModelPart } from '../../ports/model.ts'
import { type ChatChunk, type ChunkUsage, chatChunk, type Delta } from './chat-chunk.ts'
import { createToolCalls } from './tool-calls.ts'

/** Makes the errors for what went wrong; the reader does not know whose stream it reads. */
export interface StreamFailures {
  /** Something came that is no chunk. */
  malformed(what: string): Error
  /** The stream ended before the reply did. */
  cutShort(): Error
  /** The upstream sent an error in place of a chunk. */
  reported(error: unknown): Error
}

export interface ChatReader {
  /** Reads the data of one event, or the body of a reply that was not streamed. The `last` may have been cut. */
  read(data: string, last?: boolean): void
  /** Whether `[DONE]` was read: nothing more will come. */
  done(): boolean
  /** Whether the reply itself is over, though its usage may be missing. */
  finished(): boolean
  /** Says the end of the reply; throws when it had none. */
  end(): void
}

/**
 * Reads a streamed chat completion and says its parts. Only the first choice counts, and reasoning is left out. White
 * space in front of a reply is said together with its first other character, so a reply of nothing else, which local
 * models like to put before a call, is no text. A reply may be empty: then only usage and `finish` are said.
 */
export function createChatReader(
  say: (part: ModelPart) => void,
  options: { usedIds: Set<string>; failures: StreamFailures },
): ChatReader {
  const { failures } = options
  const calls = createToolCalls(say, { ...options, malformed: failures.malformed })
  let leading: string | null = ''
  let usage: Usage | null = null
  let finishReason: string | null = null
  let isDone = false
  let said = false

  function read(data: string, last = false): void {
    if (data === '[DONE]') {
      isDone = true
      return
    }
    const chunk = parseChunk(data, last, failures)
    if (chunk.error !== undefined && chunk.error !== null) throw failures.reported(chunk.error)
    if (chunk.usage) usage = usageOf(chunk.usage)
    for (const choice of chunk.choices ?? []) {
      if ((choice.index ?? 0) !== 0) continue
      const delta = choice.delta ?? choice.message
      if (delta) readDelta(delta)
      if (choice.finish_reason) finishReason = choice.finish_reason
    }
  }

  function readDelta({ content, refusal, tool_calls, function_call }: Delta): void {
    if (content) sayText(typeof content === 'string' ? content : textOf(content))
    if (refusal) {
      said = true
      say({ type: 'refusal-delta', text: refusal })
    }
    if (tool_calls) for (const call of tool_calls) calls.add(call)
    if (function_call) calls.add({ index: 0, function: function_call })
  }

  function sayText(text: string): void {
    if (leading === null) {
      say({ type: 'text-delta', text })
    } else if ((leading + text).trim() === '') {
      leading += text
    } else {
      say({ type: 'text-delta', text: leading + text })
      leading = null
      said = true
    }
  }

  function end(): void {
    const called = calls.close() > 0
    if (finishReason === null && !(isDone && (said || called))) throw failures.cutShort()
    const reason = finishOf(finishReason, called)
    if (reason === null) throw failures.reported({ message: `The model's reply ended with '${finishReason}'.` })
    if (usage) say({ type: 'usage', usage })
    say({ type: 'finish', reason })
  }

  return { read, done: () => isDone, finished: () => finishReason !== null, end }
}

function parseChunk(data: string, last: boolean, failures: StreamFailures): ChatChunk {
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch {
    throw last ? failures.cutShort() : failures.malformed('a chunk that is not JSON')
  }
  const chunk = chatChunk.safeParse(value)
  if (chunk.success) return chunk.data
  const [issue] = chunk.error.issues
  throw failures.malformed(`a chunk that is not a chat completion's (at '${issue?.path.join('.')}': ${issue?.message})`)
}

/** Some models send their text in parts, with their thoughts as parts of another type. */
function textOf(parts: readonly { type: string; text?: string | null | undefined }[]): string {
  return parts.map((part) => (part.type === 'text' ? (part.text ?? '') : '')).join('')
}

function usageOf(given: ChunkUsage): Usage {
  const prompt_tokens = given.prompt_tokens ?? 0
  const completion_tokens = given.completion_tokens ?? 0
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: given.total_tokens ?? prompt_tokens + completion_tokens,
    prompt_token_details: { cached_tokens: given.prompt_tokens_details?.cached_tokens ?? 0 },
    completion_tokens_details: { reasoning_tokens: given.completion_tokens_details?.reasoning_tokens ?? 0 },
  }
}

const limits = new Set(['length', 'max_tokens', 'model_length'])
const faults = new Set(['error', 'insufficient_system_resource'])

/** Whatever the upstream calls it; null when the reason is a fault. Calls make a stop the end of a turn with calls. */
function finishOf(reason: string | null, called: boolean): FinishReason | null {
  if (reason !== null && limits.has(reason)) return 'length'
  if (reason === 'content_filter') return 'content_filter'
  if (reason !== null && faults.has(reason)) return null
  return called ? 'tool_calls' : 'stop'
}
