import type { StreamEvent } from '../api/stream-event.ts'

/**
 * Ends a stream whose run does not end in it. Clients read the inner or the outer fields of an `error` event, so both
 * say the same.
 */
export function streamBroke(message: string): StreamEvent[] {
  const inner = { message, type: 'server_error', param: null, code: null } as const
  return [
    { event: 'error', data: { error: inner, ...inner } },
    { event: 'done', data: '[DONE]' },
  ]
}
