import { expect, test } from 'vitest'
import { ModelFailure, type ModelPart, type ModelRequest } from '../../src/ports/model.ts'
import { FakeModel, fakeUsage } from './fake-model.ts'

const request: ModelRequest = {
  model: 'gpt-4o',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
  tools: [],
  tool_choice: 'auto',
  parallel_tool_calls: true,
  response_format: 'auto',
  temperature: null,
  top_p: null,
  reasoning_effort: null,
  max_completion_tokens: null,
  thread_id: 'thread_1',
}

async function ask(model: FakeModel, signal = new AbortController().signal): Promise<ModelPart[]> {
  const parts: ModelPart[] = []
  for await (const part of model.stream(request, { signal })) parts.push(part)
  return parts
}

test('answers turn by turn and remembers what it was asked', async () => {
  const model = new FakeModel(['Hello there', ['Wait.', { call: 'a', arguments: { x: 1 } }, { call: 'b' }]])
  expect(await ask(model)).toEqual([
    { type: 'text-delta', text: 'Hello ' },
    { type: 'text-delta', text: 'there' },
    { type: 'usage', usage: fakeUsage(10, 2) },
    { type: 'finish', reason: 'stop' },
  ])
  expect(await ask(model)).toEqual([
    { type: 'text-delta', text: 'Wait.' },
    { type: 'tool-call', index: 0, id: 'call_fake1', name: 'a' },
    { type: 'tool-call-delta', index: 0, arguments: '{"x"' },
    { type: 'tool-call-delta', index: 0, arguments: ':1}' },
    { type: 'tool-call', index: 1, id: 'call_fake2', name: 'b' },
    { type: 'tool-call-delta', index: 1, arguments: '{' },
    { type: 'tool-call-delta', index: 1, arguments: '}' },
    { type: 'usage', usage: fakeUsage(10, 5) },
    { type: 'finish', reason: 'tool_calls' },
  ])
  expect(model.requests).toEqual([request, request])
  await expect(ask(model)).rejects.toThrow('no turn left')
})

test('fails where it was told to', async () => {
  const failure = new ModelFailure('server_error', 'gone')
  const parts: ModelPart[] = []
  const model = new FakeModel([['Half', failure]])
  await expect(async () => {
    for await (const part of model.stream(request, { signal: new AbortController().signal })) parts.push(part)
  }).rejects.toBe(failure)
  expect(parts).toEqual([{ type: 'text-delta', text: 'Half' }])
})

test('stands still in mid-stream until it is released or aborted', async () => {
  const model = new FakeModel((asked) => `You are ${asked.model}`)
  model.hold({ after: 1 })
  const controller = new AbortController()
  const held = ask(model)
  const aborted = expect(ask(model, controller.signal)).rejects.toThrow('enough')
  await model.held(2)
  controller.abort(new Error('enough'))
  await aborted
  model.release()
  expect(await held).toHaveLength(5)
})
