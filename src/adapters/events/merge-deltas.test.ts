import { describe, expect, it } from 'vitest'
import type { MessageDeltaPart, StreamEvent, ToolCallDelta } from '../../api/stream-event.ts'
import { canMerge, mergeDeltas } from './merge-deltas.ts'

function said(content: MessageDeltaPart, id = 'msg_1'): StreamEvent {
  const data = { id, object: 'thread.message.delta' as const, delta: { content: [content] } }
  return { event: 'thread.message.delta', data }
}

function called(call: ToolCallDelta, id = 'step_1'): StreamEvent {
  const step_details = { type: 'tool_calls' as const, tool_calls: [call] }
  return { event: 'thread.run.step.delta', data: { id, object: 'thread.run.step.delta', delta: { step_details } } }
}

const text = (index: number, value: string) => said({ index, type: 'text', text: { value } })
const firstText = said({ index: 0, type: 'text', text: { value: 'Hel', annotations: [] } })
const refusal = (index: number, value: string) => said({ index, type: 'refusal', refusal: value })
const begun = (index: number) =>
  called({ index, id: `call_${index}`, type: 'function', function: { name: 'ask', arguments: '', output: null } })
const continued = (index: number, piece: string) => called({ index, type: 'function', function: { arguments: piece } })
const code = (input: string) => called({ index: 0, type: 'code_interpreter', code_interpreter: { input } })
const logs = (index: number, text: string) =>
  called({ index: 0, type: 'code_interpreter', code_interpreter: { outputs: [{ index, type: 'logs', logs: text }] } })
const codeBegun = called({
  index: 0,
  id: 'call_0',
  type: 'code_interpreter',
  code_interpreter: { input: '', outputs: [] },
})
const figure = called({
  index: 0,
  type: 'code_interpreter',
  code_interpreter: { outputs: [{ index: 1, type: 'image', image: { file_id: 'file-1' } }] },
})
const image = said({ index: 0, type: 'image_file', image_file: { file_id: 'file-1' } })
const done: StreamEvent = { event: 'done', data: '[DONE]' }

describe('deltas', () => {
  it.each([
    [
      'a text from its beginning',
      [firstText, text(0, 'l'), text(0, 'o')],
      said({ index: 0, type: 'text', text: { value: 'Hello', annotations: [] } }),
    ],
    ['a text', [text(1, 'l'), text(1, 'o')], text(1, 'lo')],
    ['a refusal', [refusal(0, 'No'), refusal(0, '!')], refusal(0, 'No!')],
    ['code', [code('print('), code('1)')], code('print(1)')],
    ['what code prints', [logs(0, '1'), logs(0, '\n')], logs(0, '1\n')],
    ['the arguments of a call', [continued(1, '{"n'), continued(1, '":1}')], continued(1, '{"n":1}')],
    [
      'a call from its beginning',
      [begun(0), continued(0, '{'), continued(0, '}')],
      called({ index: 0, id: 'call_0', type: 'function', function: { name: 'ask', arguments: '{}', output: null } }),
    ],
  ])('of %s become one', (_, events, merged) => {
    for (const [at, event] of events.slice(1).entries()) expect(canMerge(events[at] ?? done, event)).toBe(true)
    expect(mergeDeltas(events)).toEqual(merged)
  })

  it.each([
    ['of another part', text(0, 'a'), text(1, 'b')],
    ['of another message', text(0, 'a'), said({ index: 0, type: 'text', text: { value: 'b' } }, 'msg_2')],
    ['of another kind', text(0, 'a'), refusal(0, 'b')],
    ['that begins its part', text(0, 'a'), firstText],
    ['of another call', continued(0, 'a'), continued(1, 'b')],
    [
      'of another step',
      continued(0, 'a'),
      called({ index: 0, type: 'function', function: { arguments: 'b' } }, 'step_2'),
    ],
    ['that begins its call', continued(0, 'a'), begun(0)],
    ['that is no text', image, image],
    ['that begins its code', code('a'), codeBegun],
    ['of another output', logs(0, 'a'), logs(2, 'b')],
    ['of a figure', logs(0, 'a'), figure],
    ['of what code prints, after code', code('a'), logs(0, 'b')],
    ['that is none', text(0, 'a'), done],
  ])('stay apart from one %s', (_, first, second) => {
    expect(canMerge(first, second)).toBe(false)
  })
})
