import fc from 'fast-check'
import { expect, test } from 'vitest'
import { badRequest } from '../api/error.ts'
import type { MessageDelta, MessageDeltaPart, StreamEvent } from '../api/stream-event.ts'
import { frameOf, framesOfFailure } from './sse-frame.ts'

const filePath = {
  type: 'file_path',
  text: 'x',
  start_index: 0,
  end_index: 1,
  file_path: { file_id: 'file-1' },
} as const
const plain = (event: StreamEvent) => `event: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n`

test('done is not JSON', () => {
  expect(frameOf({ event: 'done', data: '[DONE]' })).toBe('event: done\ndata: [DONE]\n\n')
})

test('a message delta is the same by template as by writing out the object', () => {
  const value = fc.string({ unit: 'binary' })
  const part: fc.Arbitrary<MessageDeltaPart> = fc.oneof(
    value.map((text) => ({ index: 0, type: 'text' as const, text: { value: text } })),
    value.map((text) => ({ index: 3, type: 'text' as const, text: { value: text, annotations: [] } })),
    fc.constant<MessageDeltaPart>({ index: 1, type: 'text', text: { annotations: [{ index: 0, ...filePath }] } }),
    value.map((refusal) => ({ index: 0, type: 'refusal' as const, refusal })),
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 2 }), (content) => {
      const data: MessageDelta = { id: 'msg_1', object: 'thread.message.delta', delta: { content } }
      const event: StreamEvent = { event: 'thread.message.delta', data }
      expect(frameOf(event)).toBe(plain(event))
    }),
  )
})

test('a failure is told inside and outside, then done', () => {
  const inner = { message: 'Too bad.', type: 'invalid_request_error', param: null, code: 'x' }
  const data = JSON.stringify({ error: inner, ...inner })
  expect(framesOfFailure(badRequest('Too bad.', { param: 'p', code: 'x' }))).toBe(
    `event: error\ndata: ${data}\n\nevent: done\ndata: [DONE]\n\n`,
  )
  expect(framesOfFailure(new Error('secret'))).not.toContain('secret')
})
