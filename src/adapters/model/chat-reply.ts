import { createParser } from 'eventsource-parser'
import type { Dispatcher } from 'undici'
import type { ModelPart, ModelRequest } from '../../ports/model.ts'
import { type ChatReader, createChatReader, type StreamFailures } from './chat-stream.ts'
import { type Connection, headerOf, readText } from './connection.ts'
import { cutShort, type FailureContext, failureOfChunk, notAnApi, UpstreamFailure } from './upstream-failure.ts'

const maxReplyLength = 64 * 1024 * 1024 // of a reply that is not streamed
const maxEventLength = 16 * 1024 * 1024

/** The parts of the reply, as many at a time as one read from the socket brought. Closes the socket when left early. */
export async function* batchesOf(
  response: Dispatcher.ResponseData,
  request: ModelRequest,
  connection: Connection,
): AsyncGenerator<ModelPart[], undefined, void> {
  const { body } = response
  const context = connection.context(request.model)
  let batch: ModelPart[] = []
  const reader = createChatReader((part) => batch.push(part), {
    usedIds: idsOf(request),
    failures: failuresOf(context),
  })
  let yielded = false
  let complete = false
  try {
    for await (const _ of feeds(response, reader, context)) {
      if (batch.length === 0) continue
      yielded = true
      yield batch
      batch = []
    }
    reader.end()
    complete = true
  } catch (thrown) {
    const error = thrown instanceof UpstreamFailure ? thrown : connection.translate(thrown, request.model)
    // What was said before the fault is passed on, unless it can be had whole by another attempt.
    if (batch.length > 0 && (yielded || !isRetryable(error))) yield batch
    throw error
  } finally {
    // After `[DONE]` only the end of the body is missing; reading it keeps the socket for the next request.
    if (complete) body.resume()
    else body.destroy()
  }
  yield batch
}

function isRetryable(error: unknown): boolean {
  return error instanceof UpstreamFailure && error.retryable
}

/** Feeds the reader, one read from the socket at a time, until the reply is over. */
async function* feeds(response: Dispatcher.ResponseData, reader: ChatReader, context: FailureContext) {
  const { body } = response
  const type = headerOf(response, 'content-type') ?? ''
  if (type.includes('json')) {
    reader.read(await readText(body, maxReplyLength))
    return
  }
  if (type.includes('html')) throw notAnApi(context)
  let last = false
  const parser = createParser({
    maxBufferSize: maxEventLength,
    onEvent: ({ data }) => reader.read(data, last),
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw failuresOf(context).malformed('an event without an end')
    },
  })
  body.setEncoding('utf8')
  try {
    for await (const text of body.iterator({ destroyOnReturn: false })) {
      parser.feed(text)
      yield
      if (reader.done()) return
    }
    last = true
    parser.feed('\n\n') // some leave out the empty line that ends the last event
  } catch (error) {
    if (error instanceof UpstreamFailure || !reader.finished()) throw error
    // The reply was complete; that its stream broke off behind it takes nothing away.
  }
}

function failuresOf(context: FailureContext): StreamFailures {
  return {
    malformed: (what) =>
      new UpstreamFailure('server_error', `${context.who} sent ${what}, in answer for the model '${context.model}'.`),
    cutShort: () => cutShort(context),
    reported: (error) => failureOfChunk(error, context),
  }
}

/** Ids that the conversation has already; some upstreams number the calls of every reply from 0. */
function idsOf({ messages }: ModelRequest): Set<string> {
  return new Set(
    messages.flatMap((message) => (message.role === 'assistant' ? message.tool_calls.map(({ id }) => id) : [])),
  )
}
