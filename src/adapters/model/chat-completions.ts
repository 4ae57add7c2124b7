import type { Log } from '../../lib/log.ts'
import type { ModelPart, ModelProvider, ModelRequest } from '../../ports/model.ts'
import { type ChatDialect, chatRequest } from './chat-messages.ts'
import { batchesOf } from './chat-reply.ts'
import type { Connection } from './connection.ts'
import { refusalOf } from './refusal.ts'
import { type RetryPolicy, retrying } from './retry.ts'
import type { UpstreamFailure } from './upstream-failure.ts'

export interface ChatCompletionsOptions {
  readonly connection: Connection
  readonly dialect: ChatDialect
  readonly retry: RetryPolicy
  readonly log: Log
  /** Milliseconds, for dates in `Retry-After`. */
  readonly now: () => number
}

/** Streams replies from an OpenAI-compatible `/v1/chat/completions`. */
export function createChatCompletions(options: ChatCompletionsOptions): ModelProvider['stream'] {
  const { connection, dialect, retry: policy, log } = options
  return async function* stream(request: ModelRequest, { signal }: { signal: AbortSignal }) {
    const body = JSON.stringify(chatRequest(request, dialect))
    const onRetry = ({ code, status, cause }: UpstreamFailure, wait: number) =>
      log.warn(
        { upstream: connection.host, model: request.model, code, status, wait, err: cause },
        'model call retried',
      )
    const reply = await retrying(() => openReply(body, request, signal, options), { signal, policy, onRetry })
    try {
      let batch: ModelPart[] | undefined = reply.first
      while (batch) {
        for (const part of batch) {
          signal.throwIfAborted()
          yield part
        }
        batch = (await reply.rest.next()).value
      }
    } catch (error) {
      signal.throwIfAborted()
      throw error
    } finally {
      await reply.rest.return(undefined)
    }
  }
}

interface Reply {
  readonly first: ModelPart[]
  readonly rest: AsyncGenerator<ModelPart[], undefined, void>
}

/** Sends the request and waits for the first parts: up to here everything can be done again. */
async function openReply(
  body: string,
  request: ModelRequest,
  signal: AbortSignal,
  { connection, now }: ChatCompletionsOptions,
): Promise<Reply> {
  const { model } = request
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream' }
  const response = await connection.send({ method: 'POST', path: '/chat/completions', body, headers, model, signal })
  if (response.statusCode !== 200) throw await refusalOf(response, { context: connection.context(model), now: now() })
  const rest = batchesOf(response, request, connection)
  const first = await rest.next()
  return { first: first.done ? [] : first.value, rest }
}
