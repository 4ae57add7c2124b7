import { expect, test } from 'vitest'
import { modelRequest } from '../../../test/support/model-requests.ts'
import type { ModelMessage, ModelRequest, ModelTool } from '../../ports/model.ts'
import { type ChatDialect, chatMessage, chatRequest } from './chat-messages.ts'

function bodyOf(change: Partial<ModelRequest>, dialect: Partial<ChatDialect> = {}): unknown {
  const body = chatRequest(modelRequest(change), { tokenLimitField: 'max_completion_tokens', drop: [], ...dialect })
  return JSON.parse(JSON.stringify(body))
}

const least = {
  model: 'gpt-4o',
  messages: [{ role: 'user', content: 'Hi' }],
  stream: true,
  stream_options: { include_usage: true },
}

const parameters = { type: 'object', properties: {} }
const look: ModelTool = { name: 'look', description: 'Looks', parameters, strict: true }
const chatLook = { type: 'function', function: { name: 'look', description: 'Looks', parameters, strict: true } }
const schema = { name: 'reply', schema: {}, strict: true }

/** A request, and what its body has beyond the least. */
const requests: [string, Partial<ModelRequest>, object][] = [
  ['defaults are left out', {}, {}],
  ['tools', { tools: [look] }, { tools: [chatLook] }],
  [
    'a lenient tool without a description',
    { tools: [{ name: 'look', parameters, strict: false }] },
    { tools: [{ type: 'function', function: { name: 'look', parameters } }] },
  ],
  ['a call is required', { tools: [look], tool_choice: 'required' }, { tools: [chatLook], tool_choice: 'required' }],
  [
    'a function is forced',
    { tools: [look], tool_choice: { function: 'look' } },
    { tools: [chatLook], tool_choice: { type: 'function', function: { name: 'look' } } },
  ],
  ['no tool is offered', { tools: [look], tool_choice: 'none' }, {}],
  [
    'one call at a time',
    { tools: [look], parallel_tool_calls: false },
    { tools: [chatLook], parallel_tool_calls: false },
  ],
  ['no tools, no parallel calls', { parallel_tool_calls: false }, {}],
  ['plain text', { response_format: { type: 'text' } }, {}],
  ['JSON', { response_format: { type: 'json_object' } }, { response_format: { type: 'json_object' } }],
  [
    'JSON by a schema',
    { response_format: { type: 'json_schema', json_schema: schema } },
    { response_format: { type: 'json_schema', json_schema: schema } },
  ],
  [
    'sampling',
    { temperature: 0, top_p: 0.5, reasoning_effort: 'low', max_completion_tokens: 9 },
    { temperature: 0, top_p: 0.5, reasoning_effort: 'low', max_completion_tokens: 9 },
  ],
]

test.each(requests)('%s', (_, request, more) => {
  expect(bodyOf(request)).toEqual({ ...least, ...more })
})

test('an upstream has its own token limit field, and fields that it does not take', () => {
  const sampling = { temperature: 1, top_p: 1, max_completion_tokens: 9 }
  const dialect = { tokenLimitField: 'max_tokens', drop: ['temperature', 'top_p', 'stream_options'] } as const
  const { stream_options: _, ...rest } = least
  expect(bodyOf(sampling, dialect)).toEqual({ ...rest, max_tokens: 9 })
})

const called = (text: string) => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look', arguments: text } }],
})
const calling = (text: string): ModelMessage => {
  return { role: 'assistant', text: null, tool_calls: [{ id: 'call_1', name: 'look', arguments: text }] }
}

const messages: [string, ModelMessage, object][] = [
  ['system', { role: 'system', text: 'Be kind' }, { role: 'system', content: 'Be kind' }],
  ['assistant', { role: 'assistant', text: 'Hello', tool_calls: [] }, { role: 'assistant', content: 'Hello' }],
  ['a silent assistant', { role: 'assistant', text: null, tool_calls: [] }, { role: 'assistant', content: '' }],
  [
    'a tool',
    { role: 'tool', tool_call_id: 'call_1', text: '20' },
    { role: 'tool', tool_call_id: 'call_1', content: '20' },
  ],
  ['a call', calling('{"a": 1}'), called('{"a": 1}')],
  ['a call without arguments', calling(''), called('{}')],
  ['a call with broken arguments', calling('{"a": '), called('{"invalid_json":"{\\"a\\": "}')],
  ['a call with a list for arguments', calling('[1]'), called('{"invalid_json":"[1]"}')],
  [
    'an image',
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image', url: 'data:image/png;base64,AAAA', detail: 'low' },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
      ],
    },
  ],
]

test.each(messages)('message of %s', (_, message, expected) => {
  expect(chatMessage(message)).toEqual(expected)
})
