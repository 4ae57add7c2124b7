import { describe, expect, test } from 'vitest'
import { createFakeApp, posting } from '../../test/support/fake-app.ts'
import { errorEnvelope } from '../api/error.ts'

/** What is sent, and the message, `param` and `code` that come back with a 400. */
type Row = [sent: string, body: unknown, message: string, param: string | null, code: string | null]

const long = (length: number) => 'x'.repeat(length)
const missing = (param: string) => `Missing required parameter: '${param}'.`
const unknown = (param: string) => `Unknown parameter: '${param}'.`
const type = (param: string, expected: string, got: string) =>
  `Invalid type for '${param}': expected ${expected}, but got ${got} instead.`
const tooLong = (param: string, maximum: number, length: number) =>
  `Invalid '${param}': string too long. Expected a string with maximum length ${maximum}, but got a string with length ${length} instead.`
const arrayTooLong = (param: string, maximum: number, length: number) =>
  `Invalid '${param}': array too long. Expected an array with maximum length ${maximum}, but got an array with length ${length} instead.`
const emptyString = (param: string) =>
  `Invalid '${param}': empty string. Expected a string with minimum length 1, but got an empty string instead.`
const above = (kind: string, param: string, maximum: number, got: unknown) =>
  `Invalid '${param}': ${kind} above maximum value. Expected a value <= ${maximum}, but got ${got} instead.`
const below = (kind: string, param: string, minimum: number, got: unknown) =>
  `Invalid '${param}': ${kind} below minimum value. Expected a value >= ${minimum}, but got ${got} instead.`
const roles = "Supported values are: 'user' and 'assistant'."

const assistant = (fields: object) => ({ model: 'gpt-4o', ...fields })
const calling = (fields: object) => assistant({ tools: [{ type: 'function', function: fields }] })
const user = (fields: object) => ({ role: 'user', content: 'Hi', ...fields })
const runOf = (fields: object) => ({ assistant_id: 'asst_1', ...fields })

const keys17 = Object.fromEntries(Array.from({ length: 17 }, (_, place) => [`k${place}`, 'v']))

const assistantRows: Row[] = [
  ['/assistants', {}, missing('model'), 'model', 'missing_required_parameter'],
  ['/assistants', { model: null }, type('model', 'a string', 'null'), 'model', 'invalid_type'],
  ['/assistants', { model: 5 }, type('model', 'a string', 'an integer'), 'model', 'invalid_type'],
  ['/assistants', { model: '' }, emptyString('model'), 'model', 'empty_string'],
  ['/assistants', assistant({ foo: 1 }), unknown('foo'), 'foo', 'unknown_parameter'],
  ['/assistants', { model: 5, foo: 1 }, unknown('foo'), 'foo', 'unknown_parameter'],
  ['/assistants', { name: 5 }, type('name', 'a string', 'an integer'), 'name', 'invalid_type'],
  ['/assistants', assistant({ name: long(257) }), tooLong('name', 256, 257), 'name', 'string_above_max_length'],
  ['/assistants', { name: long(257) }, missing('model'), 'model', 'missing_required_parameter'],
  [
    '/assistants',
    assistant({ temperature: 2.5 }),
    above('decimal', 'temperature', 2, 2.5),
    'temperature',
    'decimal_above_max_value',
  ],
  ['/assistants', assistant({ top_p: -0.1 }), below('decimal', 'top_p', 0, -0.1), 'top_p', 'decimal_below_min_value'],
  ['/assistants', assistant({ name: '😀'.repeat(257) }), tooLong('name', 256, 257), 'name', 'string_above_max_length'],
  [
    '/assistants',
    assistant({ metadata: { ['😀'.repeat(65)]: 'v' } }),
    `Invalid property name in 'metadata': '${'😀'.repeat(8)}...${'😀'.repeat(8)}' is too long. Expected a string with maximum length 64, but got a string with length 65 instead.`,
    'metadata',
    'property_name_above_max_length',
  ],
  [
    '/assistants',
    assistant({ tools: [{ type: 'file_search', file_search: { max_num_results: 1e20 } }] }),
    above('integer', 'tools[0].file_search.max_num_results', 50, '100000000000000000000'),
    'tools[0].file_search.max_num_results',
    'integer_above_max_value',
  ],
  [
    '/assistants',
    assistant({ temperature: '1' }),
    type('temperature', 'a decimal', 'a string'),
    'temperature',
    'invalid_type',
  ],
  ['/assistants', assistant({ tools: 'x' }), type('tools', 'an array of objects', 'a string'), 'tools', 'invalid_type'],
  ['/assistants', assistant({ tools: ['x'] }), type('tools[0]', 'an object', 'a string'), 'tools[0]', 'invalid_type'],
  ['/assistants', assistant({ tools: [{}] }), missing('tools[0].type'), 'tools[0].type', 'missing_required_parameter'],
  [
    '/assistants',
    assistant({ tools: [{ type: 'retrieval' }] }),
    "Invalid value: 'retrieval'. Supported values are: 'code_interpreter', 'file_search', and 'function'.",
    'tools[0].type',
    'invalid_value',
  ],
  [
    '/assistants',
    assistant({ tools: [{ type: 7 }] }),
    type('tools[0].type', "one of 'code_interpreter', 'file_search', or 'function'", 'an integer'),
    'tools[0].type',
    'invalid_type',
  ],
  [
    '/assistants',
    assistant({ tools: [{ type: 'code_interpreter', file_ids: [] }] }),
    unknown('tools[0].file_ids'),
    'tools[0].file_ids',
    'unknown_parameter',
  ],
  [
    '/assistants',
    assistant({ tools: Array(129).fill({ type: 'file_search' }) }),
    arrayTooLong('tools', 128, 129),
    'tools',
    'array_above_max_length',
  ],
  [
    '/assistants',
    assistant({ tools: [{ type: 'file_search', file_search: { max_num_results: 51 } }] }),
    above('integer', 'tools[0].file_search.max_num_results', 50, 51),
    'tools[0].file_search.max_num_results',
    'integer_above_max_value',
  ],
  [
    '/assistants',
    assistant({ tools: [{ type: 'function' }] }),
    missing('tools[0].function'),
    'tools[0].function',
    'missing_required_parameter',
  ],
  [
    '/assistants',
    calling({}),
    missing('tools[0].function.name'),
    'tools[0].function.name',
    'missing_required_parameter',
  ],
  [
    '/assistants',
    calling({ name: 'get weather' }),
    "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
    'tools[0].function.name',
    'invalid_value',
  ],
  [
    '/assistants',
    calling({ name: long(65) }),
    tooLong('tools[0].function.name', 64, 65),
    'tools[0].function.name',
    'string_above_max_length',
  ],
  [
    '/assistants',
    calling({ name: '' }),
    emptyString('tools[0].function.name'),
    'tools[0].function.name',
    'empty_string',
  ],
  [
    '/assistants',
    calling({ name: 'f', parameters: 'x' }),
    type('tools[0].function.parameters', 'an object', 'a string'),
    'tools[0].function.parameters',
    'invalid_type',
  ],
  [
    '/assistants',
    calling({ name: 'f', strict: 'yes' }),
    type('tools[0].function.strict', 'a boolean', 'a string'),
    'tools[0].function.strict',
    'invalid_type',
  ],
  [
    '/assistants',
    assistant({ response_format: 'json' }),
    "Invalid value: 'json'. Supported values are: 'auto'.",
    'response_format',
    'invalid_value',
  ],
  [
    '/assistants',
    assistant({ response_format: 5 }),
    type('response_format', "one of 'auto' or object", 'an integer'),
    'response_format',
    'invalid_type',
  ],
  [
    '/assistants',
    assistant({ response_format: { type: 'xml' } }),
    "Invalid value: 'xml'. Supported values are: 'text', 'json_object', and 'json_schema'.",
    'response_format.type',
    'invalid_value',
  ],
  [
    '/assistants',
    assistant({ response_format: { type: 'json_schema' } }),
    missing('response_format.json_schema'),
    'response_format.json_schema',
    'missing_required_parameter',
  ],
  [
    '/assistants',
    assistant({ reasoning_effort: 'huge' }),
    "Invalid value: 'huge'. Supported values are: 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'.",
    'reasoning_effort',
    'invalid_value',
  ],
  ['/assistants', assistant({ metadata: 'x' }), type('metadata', 'an object', 'a string'), 'metadata', 'invalid_type'],
  [
    '/assistants',
    assistant({ metadata: { k: 5 } }),
    type('metadata.k', 'a string', 'an integer'),
    'metadata.k',
    'invalid_type',
  ],
  [
    '/assistants',
    assistant({ metadata: { k: long(513) } }),
    tooLong('metadata.k', 512, 513),
    'metadata.k',
    'string_above_max_length',
  ],
  [
    '/assistants',
    assistant({ metadata: { [`${long(60)}tail!`]: 'v' } }),
    "Invalid property name in 'metadata': 'xxxxxxxx...xxxtail!' is too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
    'metadata',
    'property_name_above_max_length',
  ],
  [
    '/assistants',
    assistant({ metadata: keys17 }),
    "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead.",
    'metadata',
    'object_above_max_properties',
  ],
  [
    '/assistants',
    assistant({ tool_resources: { code_interpreter: { file_ids: 'file-1' } } }),
    type('tool_resources.code_interpreter.file_ids', 'an array of strings', 'a string'),
    'tool_resources.code_interpreter.file_ids',
    'invalid_type',
  ],
  [
    '/assistants',
    assistant({ tool_resources: { code_interpreter: { file_ids: Array(21).fill('file-1') } } }),
    arrayTooLong('tool_resources.code_interpreter.file_ids', 20, 21),
    'tool_resources.code_interpreter.file_ids',
    'array_above_max_length',
  ],
  [
    '/assistants',
    assistant({ tool_resources: { file_search: { vector_store_ids: ['vs_1'], vector_stores: [{}] } } }),
    "Mutually exclusive parameters: 'vector_stores'. Ensure you are only providing one of: 'vector_store_ids' or 'vector_stores'.",
    'tool_resources.file_search.vector_stores',
    'mutually_exclusive_parameters',
  ],
  [
    '/assistants',
    assistant({
      tool_resources: {
        file_search: {
          vector_stores: [
            {
              chunking_strategy: { type: 'static', static: { max_chunk_size_tokens: 200, chunk_overlap_tokens: 101 } },
            },
          ],
        },
      },
    }),
    above(
      'integer',
      'tool_resources.file_search.vector_stores[0].chunking_strategy.static.chunk_overlap_tokens',
      100,
      101,
    ),
    'tool_resources.file_search.vector_stores[0].chunking_strategy.static.chunk_overlap_tokens',
    'integer_above_max_value',
  ],
  ['/assistants/asst_1', { model: '' }, emptyString('model'), 'model', 'empty_string'],
  [
    '/assistants/asst_1',
    { tool_resources: { file_search: { vector_stores: [] } } },
    unknown('tool_resources.file_search.vector_stores'),
    'tool_resources.file_search.vector_stores',
    'unknown_parameter',
  ],
]

const messageRows: Row[] = [
  ['/threads/thread_1/messages', {}, missing('role'), 'role', 'missing_required_parameter'],
  ['/threads/thread_1/messages', { role: 'user' }, missing('content'), 'content', 'missing_required_parameter'],
  [
    '/threads/thread_1/messages',
    user({ role: 'system' }),
    `Invalid value: 'system'. ${roles}`,
    'role',
    'invalid_value',
  ],
  [
    '/threads/thread_1/messages',
    user({ role: 5 }),
    type('role', "one of 'user' or 'assistant'", 'an integer'),
    'role',
    'invalid_type',
  ],
  ['/threads/thread_1/messages', user({ content: '' }), emptyString('content'), 'content', 'empty_string'],
  [
    '/threads/thread_1/messages',
    user({ content: long(256_001) }),
    tooLong('content', 256_000, 256_001),
    'content',
    'string_above_max_length',
  ],
  [
    '/threads/thread_1/messages',
    user({ content: 5 }),
    type('content', 'one of a string or array of objects', 'an integer'),
    'content',
    'invalid_type',
  ],
  [
    '/threads/thread_1/messages',
    user({ content: null }),
    type('content', 'one of a string or array of objects', 'null'),
    'content',
    'invalid_type',
  ],
  [
    '/threads/thread_1/messages',
    user({ content: [] }),
    "Invalid 'content': empty array. Expected an array with minimum length 1, but got an empty array instead.",
    'content',
    'empty_array',
  ],
  [
    '/threads/thread_1/messages',
    user({ content: [{ type: 'video' }] }),
    "Invalid value: 'video'. Supported values are: 'text', 'image_file', and 'image_url'.",
    'content[0].type',
    'invalid_value',
  ],
  [
    '/threads/thread_1/messages',
    user({ content: [{ type: 'text', text: { value: 'x' } }] }),
    type('content[0].text', 'a string', 'an object'),
    'content[0].text',
    'invalid_type',
  ],
  [
    '/threads/thread_1/messages',
    user({ content: [{ type: 'text', text: 'x', value: 1 }] }),
    unknown('content[0].value'),
    'content[0].value',
    'unknown_parameter',
  ],
  [
    '/threads/thread_1/messages',
    user({ content: [{ type: 'image_url', image_url: { url: 'u', detail: 'tiny' } }] }),
    "Invalid value: 'tiny'. Supported values are: 'auto', 'low', and 'high'.",
    'content[0].image_url.detail',
    'invalid_value',
  ],
  [
    '/threads/thread_1/messages',
    user({ attachments: Array(12).fill({ file_id: 'file-1' }) }),
    arrayTooLong('attachments', 10, 12),
    'attachments',
    'array_above_max_length',
  ],
  [
    '/threads/thread_1/messages',
    user({ attachments: [{ tools: [{ type: 'function' }] }] }),
    "Invalid value: 'function'. Supported values are: 'code_interpreter' and 'file_search'.",
    'attachments[0].tools[0].type',
    'invalid_value',
  ],
  ['/threads/thread_1/messages', user({ file_ids: ['file-1'] }), unknown('file_ids'), 'file_ids', 'unknown_parameter'],
  ['/threads/thread_1/messages/msg_1', { content: 'x' }, unknown('content'), 'content', 'unknown_parameter'],
  [
    '/threads',
    { messages: [user({ role: 'tool' })] },
    `Invalid value: 'tool'. ${roles}`,
    'messages[0].role',
    'invalid_value',
  ],
  [
    '/threads',
    { messages: [user({}), { role: 'user' }] },
    missing('messages[1].content'),
    'messages[1].content',
    'missing_required_parameter',
  ],
  ['/threads', { messages: {} }, type('messages', 'an array of objects', 'an object'), 'messages', 'invalid_type'],
  ['/threads/thread_1', { messages: [] }, unknown('messages'), 'messages', 'unknown_parameter'],
]

const runRows: Row[] = [
  ['/threads/thread_1/runs', {}, missing('assistant_id'), 'assistant_id', 'missing_required_parameter'],
  [
    '/threads/thread_1/runs',
    { assistant_id: 'x' },
    "Invalid 'assistant_id': 'x'. Expected an ID that begins with 'asst'.",
    'assistant_id',
    'invalid_value',
  ],
  ['/threads/thread_1/runs', runOf({ thread: {} }), unknown('thread'), 'thread', 'unknown_parameter'],
  [
    '/threads/thread_1/runs',
    runOf({ stream: 'true' }),
    type('stream', 'a boolean', 'a string'),
    'stream',
    'invalid_type',
  ],
  [
    '/threads/thread_1/runs',
    runOf({ max_prompt_tokens: 255 }),
    below('integer', 'max_prompt_tokens', 256, 255),
    'max_prompt_tokens',
    'integer_below_min_value',
  ],
  [
    '/threads/thread_1/runs',
    runOf({ max_completion_tokens: 300.5 }),
    type('max_completion_tokens', 'an integer', 'a decimal'),
    'max_completion_tokens',
    'invalid_type',
  ],
  [
    '/threads/thread_1/runs',
    runOf({ max_completion_tokens: '300' }),
    type('max_completion_tokens', 'an integer', 'a string'),
    'max_completion_tokens',
    'invalid_type',
  ],
  [
    '/threads/thread_1/runs',
    runOf({ parallel_tool_calls: null }),
    type('parallel_tool_calls', 'a boolean', 'null'),
    'parallel_tool_calls',
    'invalid_type',
  ],
  [
    '/threads/thread_1/runs',
    runOf({ truncation_strategy: {} }),
    missing('truncation_strategy.type'),
    'truncation_strategy.type',
    'missing_required_parameter',
  ],
  [
    '/threads/thread_1/runs',
    runOf({ truncation_strategy: { type: 'last_messages' } }),
    missing('truncation_strategy.last_messages'),
    'truncation_strategy.last_messages',
    'missing_required_parameter',
  ],
  [
    '/threads/thread_1/runs',
    runOf({ truncation_strategy: { type: 'last_messages', last_messages: 0 } }),
    below('integer', 'truncation_strategy.last_messages', 1, 0),
    'truncation_strategy.last_messages',
    'integer_below_min_value',
  ],
  [
    '/threads/thread_1/runs',
    runOf({ tool_choice: 'some' }),
    "Invalid value: 'some'. Supported values are: 'none', 'auto', and 'required'.",
    'tool_choice',
    'invalid_value',
  ],
  [
    '/threads/thread_1/runs',
    runOf({ tool_choice: { type: 'some' } }),
    "Invalid value: 'some'. Supported values are: 'function', 'code_interpreter', and 'file_search'.",
    'tool_choice.type',
    'invalid_value',
  ],
  [
    '/threads/thread_1/runs',
    runOf({ tool_choice: { type: 'function' } }),
    missing('tool_choice.function'),
    'tool_choice.function',
    'missing_required_parameter',
  ],
  [
    '/threads/thread_1/runs',
    runOf({ tool_choice: {} }),
    missing('tool_choice.type'),
    'tool_choice.type',
    'missing_required_parameter',
  ],
  [
    '/threads/thread_1/runs',
    runOf({ additional_messages: [user({ role: 'system' })] }),
    `Invalid value: 'system'. ${roles}`,
    'additional_messages[0].role',
    'invalid_value',
  ],
  [
    '/threads/runs',
    runOf({ additional_messages: [] }),
    unknown('additional_messages'),
    'additional_messages',
    'unknown_parameter',
  ],
  [
    '/threads/runs',
    runOf({ thread: { messages: [{ role: 'user', content: 1 }] } }),
    type('thread.messages[0].content', 'one of a string or array of objects', 'an integer'),
    'thread.messages[0].content',
    'invalid_type',
  ],
  [
    '/threads/thread_1/runs/run_1/submit_tool_outputs',
    {},
    missing('tool_outputs'),
    'tool_outputs',
    'missing_required_parameter',
  ],
  [
    '/threads/thread_1/runs/run_1/submit_tool_outputs',
    { tool_outputs: [{ output: {} }] },
    type('tool_outputs[0].output', 'a string', 'an object'),
    'tool_outputs[0].output',
    'invalid_type',
  ],
  ['/threads/thread_1/runs/run_1', { status: 'completed' }, unknown('status'), 'status', 'unknown_parameter'],
]

const uploadRows: Row[] = [
  [
    '/uploads',
    { filename: 'a', purpose: 'assistants', mime_type: 'text/plain' },
    missing('bytes'),
    'bytes',
    'missing_required_parameter',
  ],
  [
    '/uploads',
    { filename: 'a', purpose: 'assistants', mime_type: 'text/plain', bytes: 0 },
    below('integer', 'bytes', 1, 0),
    'bytes',
    'integer_below_min_value',
  ],
  [
    '/uploads',
    { filename: 'a', purpose: 'assistants', mime_type: 'text/plain', bytes: 8 * 1024 ** 3 + 1 },
    above('integer', 'bytes', 8 * 1024 ** 3, 8 * 1024 ** 3 + 1),
    'bytes',
    'integer_above_max_value',
  ],
  [
    '/uploads',
    { filename: 'a', purpose: 'assistants', mime_type: 't', bytes: 1, expires_after: { anchor: 'now', seconds: 3600 } },
    "Invalid value: 'now'. Supported values are: 'created_at'.",
    'expires_after.anchor',
    'invalid_value',
  ],
  [
    '/uploads/upload_1/complete',
    { part_ids: [] },
    "Invalid 'part_ids': empty array. Expected an array with minimum length 1, but got an empty array instead.",
    'part_ids',
    'empty_array',
  ],
  [
    '/uploads/upload_1/complete',
    { part_ids: [1] },
    type('part_ids[0]', 'a string', 'an integer'),
    'part_ids[0]',
    'invalid_type',
  ],
]

const storeRows: Row[] = [
  [
    '/vector_stores',
    { expires_after: { anchor: 'created_at', days: 1 } },
    "Invalid value: 'created_at'. Supported values are: 'last_active_at'.",
    'expires_after.anchor',
    'invalid_value',
  ],
  [
    '/vector_stores',
    { expires_after: { anchor: 'last_active_at', days: 366 } },
    above('integer', 'expires_after.days', 365, 366),
    'expires_after.days',
    'integer_above_max_value',
  ],
  [
    '/vector_stores',
    { file_ids: Array(501).fill('file-1') },
    arrayTooLong('file_ids', 500, 501),
    'file_ids',
    'array_above_max_length',
  ],
  ['/vector_stores/vs_1', { description: 'x' }, unknown('description'), 'description', 'unknown_parameter'],
  ['/vector_stores/vs_1/files', {}, missing('file_id'), 'file_id', 'missing_required_parameter'],
  [
    '/vector_stores/vs_1/files',
    { file_id: 'file-1', attributes: { a: {} } },
    type('attributes.a', 'one of a string or decimal or boolean', 'an object'),
    'attributes.a',
    'invalid_type',
  ],
  [
    '/vector_stores/vs_1/files',
    { file_id: 'file-1', attributes: { a: long(513) } },
    tooLong('attributes.a', 512, 513),
    'attributes.a',
    'string_above_max_length',
  ],
  [
    '/vector_stores/vs_1/files',
    { file_id: 'file-1', attributes: keys17 },
    "Invalid 'attributes': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead.",
    'attributes',
    'object_above_max_properties',
  ],
  [
    '/vector_stores/vs_1/files',
    { file_id: 'file-1', chunking_strategy: { type: 'static', static: { max_chunk_size_tokens: 99 } } },
    missing('chunking_strategy.static.chunk_overlap_tokens'),
    'chunking_strategy.static.chunk_overlap_tokens',
    'missing_required_parameter',
  ],
  ['/vector_stores/vs_1/files/file-1', {}, missing('attributes'), 'attributes', 'missing_required_parameter'],
  ['/vector_stores/vs_1/file_batches', {}, missing('file_ids'), 'file_ids', 'missing_required_parameter'],
  [
    '/vector_stores/vs_1/file_batches',
    { file_ids: ['file-1'], files: [{ file_id: 'file-2' }] },
    "Mutually exclusive parameters: 'files'. Ensure you are only providing one of: 'file_ids' or 'files'.",
    'files',
    'mutually_exclusive_parameters',
  ],
  [
    '/vector_stores/vs_1/file_batches',
    { files: Array(2001).fill({ file_id: 'file-1' }) },
    arrayTooLong('files', 2000, 2001),
    'files',
    'array_above_max_length',
  ],
  ['/vector_stores/vs_1/search', {}, missing('query'), 'query', 'missing_required_parameter'],
  ['/vector_stores/vs_1/search', { query: '' }, emptyString('query'), 'query', 'empty_string'],
  [
    '/vector_stores/vs_1/search',
    { query: 'a', max_num_results: 51 },
    above('integer', 'max_num_results', 50, 51),
    'max_num_results',
    'integer_above_max_value',
  ],
  [
    '/vector_stores/vs_1/search',
    { query: 'a', filters: { type: 'like', key: 'a', value: 'b' } },
    "Invalid value: 'like'. Supported values are: 'eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'nin', 'and', and 'or'.",
    'filters.type',
    'invalid_value',
  ],
  [
    '/vector_stores/vs_1/search',
    {
      query: 'a',
      filters: { type: 'and', filters: [{ type: 'or', filters: [{ type: 'eq', key: 5, value: 1 }] }] },
    },
    type('filters.filters[0].filters[0].key', 'a string', 'an integer'),
    'filters.filters[0].filters[0].key',
    'invalid_type',
  ],
  [
    '/vector_stores/vs_1/search',
    { query: 'a', ranking_options: { hybrid_search: { embedding_weight: 0, text_weight: 0 } } },
    'At least one of embedding_weight and text_weight must be greater than zero.',
    'ranking_options.hybrid_search',
    'invalid_value',
  ],
]

const bodyRows: Row[] = [
  [
    '/assistants',
    [],
    'Invalid type for the request body: expected an object, but got an empty array instead.',
    null,
    'invalid_type',
  ],
  [
    '/assistants',
    'x',
    'Invalid type for the request body: expected an object, but got a string instead.',
    null,
    'invalid_type',
  ],
  [
    '/assistants',
    null,
    'Invalid type for the request body: expected an object, but got null instead.',
    null,
    'invalid_type',
  ],
  [
    '/assistants',
    [{ a: 1 }],
    'Invalid type for the request body: expected an object, but got an array of objects instead.',
    null,
    'invalid_type',
  ],
]

describe.each([
  ['assistants', assistantRows],
  ['messages and threads', messageRows],
  ['runs', runRows],
  ['uploads', uploadRows],
  ['vector stores', storeRows],
  ['bodies that are no objects', bodyRows],
])('%s', (_, rows) => {
  test.each(rows)('POST %s %j', async (path, body, message, param, code) => {
    const { app, calls } = createFakeApp()
    const response = await app.request(`/v1${path}`, posting(body))
    expect(await response.json()).toEqual({ error: { message, type: 'invalid_request_error', param, code } })
    expect(response.status).toBe(400)
    expect(calls).toEqual([])
  })
})

type QueryRow = [path: string, message: string, param: string, code: string | null]

test.each<QueryRow>([
  ['/assistants?limit=0', below('integer', 'limit', 1, 0), 'limit', 'integer_below_min_value'],
  ['/assistants?limit=101', above('integer', 'limit', 100, 101), 'limit', 'integer_above_max_value'],
  ['/assistants?limit=x', type('limit', 'an integer', 'a string'), 'limit', 'invalid_type'],
  ['/assistants?limit=1e1', type('limit', 'an integer', 'a string'), 'limit', 'invalid_type'],
  ['/assistants?limit=0x10', type('limit', 'an integer', 'a string'), 'limit', 'invalid_type'],
  ['/assistants?limit=%20', type('limit', 'an integer', 'a string'), 'limit', 'invalid_type'],
  [
    '/assistants?limit=99999999999999999999',
    above('integer', 'limit', 100, '100000000000000000000'),
    'limit',
    'integer_above_max_value',
  ],
  ['/assistants?limit=1.5', type('limit', 'an integer', 'a decimal'), 'limit', 'invalid_type'],
  ['/assistants?order=x', "Invalid value: 'x'. Supported values are: 'asc' and 'desc'.", 'order', 'invalid_value'],
  [
    '/assistants?limit=1&limit=2',
    "Duplicate parameter: 'limit'. You provided multiple values for this parameter, whereas only one is allowed.",
    'limit',
    'duplicate_parameter',
  ],
  [
    '/threads/thread_1/runs/run_1/steps?include[]=x',
    "Invalid value: 'x'. Supported values are: 'step_details.tool_calls[*].file_search.results[*].content'.",
    'include[0]',
    'invalid_value',
  ],
  [
    '/threads/undefined',
    "Invalid 'thread_id': 'undefined'. Expected an ID that begins with 'thread'.",
    'thread_id',
    'invalid_value',
  ],
  [
    '/threads/thread_1/messages/step_1',
    "Invalid 'message_id': 'step_1'. Expected an ID that begins with 'msg'.",
    'message_id',
    'invalid_value',
  ],
  [
    '/threads/thread_1/runs/null',
    "Invalid 'run_id': 'null'. Expected an ID that begins with 'run'.",
    'run_id',
    'invalid_value',
  ],
  [
    '/threads/thread_1/runs/run_1/steps/x',
    "Invalid 'step_id': 'x'. Expected an ID that begins with 'step'.",
    'step_id',
    'invalid_value',
  ],
  [
    '/vector_stores/file-1',
    "Invalid 'vector_store_id': 'file-1'. Expected an ID that begins with 'vs'.",
    'vector_store_id',
    'invalid_value',
  ],
  [
    '/vector_stores/vs_1/files?filter=done',
    "Invalid value: 'done'. Supported values are: 'in_progress', 'completed', 'cancelled', and 'failed'.",
    'filter',
    'invalid_value',
  ],
  [
    '/assistants/thread_1',
    "Invalid 'assistant_id': 'thread_1'. Expected an ID that begins with 'asst'.",
    'assistant_id',
    'invalid_value',
  ],
])('GET %s', async (path, message, param, code) => {
  const { app, calls } = createFakeApp()
  const response = await app.request(`/v1${path}`)
  expect(await response.json()).toEqual({ error: { message, type: 'invalid_request_error', param, code } })
  expect(response.status).toBe(400)
  expect(calls).toEqual([])
})

test('a number too large for any type is told apart from its type', async () => {
  const { app } = createFakeApp()
  const response = await app.request('/v1/assistants', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"model":"m","temperature":1e400}',
  })
  const message = type('temperature', 'a decimal', 'a number beyond all bounds')
  expect(await response.json()).toMatchObject({ error: { message, param: 'temperature', code: 'invalid_type' } })
})

test('what is quoted is cut short, and the end of the message stays', async () => {
  const { app } = createFakeApp()
  const response = await app.request(
    '/v1/threads/thread_1/messages',
    posting({ role: 'x'.repeat(1_000_000), content: 'Hi' }),
  )
  const { error } = errorEnvelope.parse(await response.json())
  expect(error.message).toMatch(/^Invalid value: 'x+\.\.\.x+'\. Supported values are: 'user' and 'assistant'\.$/)
  expect(error.message.length).toBeLessThan(2000)
  const key = await app.request('/v1/threads', posting({ ['y'.repeat(1_000_000)]: 1 }))
  expect(errorEnvelope.parse(await key.json()).error.param?.length).toBeLessThan(2000)
})

test.each([0, 10_001])('GET /files?limit=%i', async (limit) => {
  const { app } = createFakeApp()
  const response = await app.request(`/v1/files?limit=${limit}`)
  const message = 'limit must be between 1 and 10000.'
  expect(await response.json()).toEqual({
    error: { message, type: 'invalid_request_error', param: 'limit', code: null },
    detail: { message, code: null },
  })
})
