import type { Usage } from '../api/run.ts'
import type { ReasoningEffort, ResponseFormat } from '../api/tool.ts'

/** Whoever answers for a language model: an upstream over HTTP, the scripted model, a fake in a test. */
export interface ModelProvider {
  /**
   * One reply of the model, as it comes. Ends after `finish`; rejects with `ModelFailure`, or with the signal's
   * reason once it is aborted. Nothing has been yielded when a failure was worth retrying, since retries are made here.
   */
  stream(request: ModelRequest, options: { signal: AbortSignal }): AsyncIterable<ModelPart>
  /** The models on offer. */
  list(options: { signal: AbortSignal }): Promise<OfferedModel[]>
  /** Whether this name can be used; cheap, never a request. */
  accepts(model: string): boolean
  /** How many tokens prompt and reply may have together; null when nobody said so. */
  contextWindow(model: string): number | null
}

/** Hands requests on to whoever answers for their model, and the answer back, unchanged. */
export interface PassThrough {
  /**
   * `body` is the client's JSON text, of which only `model` is read. Answers whatever the upstream does: status, content
   * type and body as it comes. Rejects with `ApiError` when there is nobody to hand the request to.
   */
  forward(
    path: '/chat/completions' | '/embeddings',
    request: { body: string; headers: Headers; signal: AbortSignal },
  ): Promise<Response>
}

export interface OfferedModel {
  readonly id: string
  /** Unix seconds. */
  readonly created: number
  readonly owned_by: string
}

export interface ModelRequest {
  readonly model: string
  readonly messages: readonly ModelMessage[]
  readonly tools: readonly ModelTool[]
  readonly tool_choice: 'none' | 'auto' | 'required' | { function: string }
  readonly parallel_tool_calls: boolean
  readonly response_format: ResponseFormat
  readonly temperature: number | null
  readonly top_p: number | null
  readonly reasoning_effort: ReasoningEffort | null
  readonly max_completion_tokens: number | null
  /** Whose run it is, for logs and for upstreams that keep a cache per conversation. */
  readonly thread_id: string
}

export type ModelMessage =
  | { readonly role: 'system'; readonly text: string }
  | { readonly role: 'user'; readonly content: readonly ModelContent[] }
  | { readonly role: 'assistant'; readonly text: string | null; readonly tool_calls: readonly ModelToolCall[] }
  | { readonly role: 'tool'; readonly tool_call_id: string; readonly text: string }

/** `url` is an http(s) address or a `data:` address with the bytes. */
export type ModelContent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly url: string; readonly detail: 'auto' | 'low' | 'high' }

export interface ModelToolCall {
  readonly id: string
  readonly name: string
  /** The model's own text, JSON or not. */
  readonly arguments: string
}

export interface ModelTool {
  readonly name: string
  readonly description?: string | undefined
  readonly parameters: Record<string, unknown>
  readonly strict: boolean
}

/**
 * What a model says, in the order it says it. `tool-call` opens the call with that index, `tool-call-delta` continues
 * it; calls come one after the other, never interleaved. `usage` comes once if the provider tells it. `finish` is last.
 */
export type ModelPart =
  | { readonly type: 'text-delta'; readonly text: string }
  | { readonly type: 'refusal-delta'; readonly text: string }
  | { readonly type: 'tool-call'; readonly index: number; readonly id: string | null; readonly name: string }
  | { readonly type: 'tool-call-delta'; readonly index: number; readonly arguments: string }
  | { readonly type: 'usage'; readonly usage: Usage }
  | { readonly type: 'finish'; readonly reason: FinishReason }

/** `length`: a token limit cut the reply. */
export type FinishReason = 'stop' | 'tool_calls' | 'length' | 'content_filter'

/** Why there was no reply, or only half of one. `message` is shown to the user of the API: no keys, no stack. */
export class ModelFailure extends Error {
  override readonly name = 'ModelFailure'
  readonly code: 'rate_limit_exceeded' | 'invalid_prompt' | 'context_length_exceeded' | 'server_error'

  constructor(code: ModelFailure['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
