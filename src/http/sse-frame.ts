import type { MessageDelta, StreamError, StreamEvent } from '../api/stream-event.ts'
import { toApiError } from './errors.ts'

/** An event as it goes over the wire: one `event` line, one `data` line, and an empty one. */
export function frameOf(event: StreamEvent): string {
  switch (event.event) {
    case 'thread.message.delta':
      return `event: thread.message.delta\ndata: ${messageDelta(event.data)}\n\n`
    case 'done':
      return 'event: done\ndata: [DONE]\n\n'
    default:
      return `event: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n`
  }
}

/** Ignored by every client; keeps what stands between from closing a silent connection. */
export const keepAlive = ': keep-alive\n\n'

/** The last words of a stream that broke. */
export function framesOfFailure(error: unknown): string {
  const { error: told } = toApiError(error).toEnvelope()
  const data: StreamError = {
    error: { ...told, param: null },
    message: told.message,
    type: told.type,
    param: null,
    code: told.code,
  }
  return frameOf({ event: 'error', data }) + frameOf({ event: 'done', data: '[DONE]' })
}

/** One per token: a plain piece of text goes into a template, at half the cost of writing the object out. */
function messageDelta(data: MessageDelta): string {
  const [part, more] = data.delta.content
  if (part?.type !== 'text' || more !== undefined) return JSON.stringify(data)
  const { value, annotations } = part.text
  if (value === undefined || annotations !== undefined) return JSON.stringify(data)
  return (
    `{"id":"${data.id}","object":"thread.message.delta","delta":{"content":` +
    `[{"index":${part.index},"type":"text","text":{"value":${JSON.stringify(value)}}}]}}`
  )
}
