import { describe, expect, test } from 'vitest'
import type { StreamEvent } from '../../src/api/stream-event.ts'
import { accumulateDeltas } from './accumulate-deltas.ts'
import { checkStream } from './stream-grammar.ts'

const run = (status: string, more = {}) => ({
  event: `thread.run.${status}`,
  data: { id: 'run_1', object: 'thread.run', thread_id: 'thread_1', status, required_action: null, ...more },
})
const step = (id: string, event: string, details: object, more = {}) => ({
  event: `thread.run.step.${event}`,
  data: {
    id,
    object: 'thread.run.step',
    run_id: 'run_1',
    created_at: 1,
    status: event === 'created' ? 'in_progress' : event,
    usage: event === 'completed' ? {} : null,
    step_details: details,
    ...details,
    ...more,
  },
})
const writes = { type: 'message_creation', message_creation: { message_id: 'msg_1' } }
const calls = (...tool_calls: object[]) => ({ type: 'tool_calls', tool_calls })
const message = (event: string, content: object[] = []) => ({
  event: `thread.message.${event}`,
  data: {
    id: 'msg_1',
    object: 'thread.message',
    run_id: 'run_1',
    created_at: 1,
    status: event === 'created' ? 'in_progress' : event,
    content,
  },
})
const textDelta = (text: object) => ({
  event: 'thread.message.delta',
  data: { id: 'msg_1', object: 'thread.message.delta', delta: { content: [{ index: 0, type: 'text', text }] } },
})
const callDelta = (call: object) => ({
  event: 'thread.run.step.delta',
  data: {
    id: 'step_2',
    object: 'thread.run.step.delta',
    delta: { step_details: calls({ index: 0, type: 'function', ...call }) },
  },
})

/** Speaks, then calls a function. */
const valid = [
  { ...run('queued'), event: 'thread.run.created' },
  run('queued'),
  run('in_progress'),
  step('step_1', 'created', writes),
  step('step_1', 'in_progress', writes),
  message('created'),
  message('in_progress'),
  textDelta({ value: 'Wait', annotations: [] }),
  textDelta({ value: ' a bit.' }),
  message('completed', [{ type: 'text', text: { value: 'Wait a bit.', annotations: [] } }]),
  step('step_1', 'completed', writes),
  step('step_2', 'created', calls()),
  step('step_2', 'in_progress', calls()),
  callDelta({ id: 'call_1', function: { name: 'look', arguments: '', output: null } }),
  callDelta({ function: { arguments: '{}' } }),
  run('requires_action', {
    required_action: {
      submit_tool_outputs: {
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } }],
      },
    },
  }),
] as unknown as StreamEvent[]

const done: StreamEvent = { event: 'done', data: '[DONE]' }

test('reads a stream that is well formed, with or without its done', () => {
  const { run, steps, messages } = checkStream(valid)
  expect([run.status, steps.length, messages.length]).toEqual(['requires_action', 2, 1])
  expect(checkStream([...valid, done])).toEqual(checkStream(valid))
})

describe('refuses a stream', () => {
  test.each(valid.map(({ event }, index) => [event, index] as const))('without its %s (%i)', (_, index) => {
    expect(() => checkStream(valid.toSpliced(index, 1))).toThrow()
  })

  test.each(valid.map(({ event }, index) => [event, index] as const))('that says %s (%i) twice', (_, index) => {
    expect(() => checkStream(valid.toSpliced(index, 0, valid[index] as StreamEvent))).toThrow()
  })

  test.each(valid.slice(1).map(({ event }, index) => [event, index] as const))(
    'whose %s (%i) comes too early',
    (_, index) => {
      const [first, second] = valid.slice(index, index + 2) as [StreamEvent, StreamEvent]
      expect(() => checkStream(valid.toSpliced(index, 2, second, first))).toThrow()
    },
  )

  test('that goes on after done', () => {
    expect(() => checkStream([...valid, done, done])).toThrow()
  })
})

test('adds deltas up as the strictest client does', () => {
  const citation = { index: 0, type: 'file_citation', text: '[1]', start_index: 3, end_index: 6 }
  const text = (more: object) => ({ index: 0, type: 'text', text: more })
  expect(
    accumulateDeltas([
      text({ value: 'So ', annotations: [] }),
      text({ value: '[1]', annotations: [{ ...citation, file_citation: { file_id: 'file-1', quote: '' } }] }),
    ]),
  ).toEqual([
    {
      type: 'text',
      text: {
        value: 'So [1]',
        annotations: [
          { type: 'file_citation', text: '[1]', start_index: 3, end_index: 6, file_citation: { file_id: 'file-1' } },
        ],
      },
    },
  ])
  expect(() => accumulateDeltas([{ index: 1, type: 'text' }])).toThrow()
  expect(() =>
    accumulateDeltas([
      { index: 0, type: 'text' },
      { index: 0, type: 'refusal' },
    ]),
  ).toThrow()
  const named = { index: 0, type: 'function', id: 'call_1' }
  expect(() => accumulateDeltas([named, named])).toThrow('sent again')
})
