import { describe, expect, test } from 'vitest'
import { answer, createFakeApp, posting } from '../../test/support/fake-app.ts'
import { notFound } from '../api/error.ts'
import { StoreUnreachable } from '../ports/store.ts'

const page = { limit: 20, order: 'desc' }
const content = 'step_details.tool_calls[*].file_search.results[*].content'
const include = encodeURIComponent(content)
const message = { role: 'user', content: 'Hi' }
const newUpload = { filename: 'a.txt', purpose: 'assistants', bytes: 3, mime_type: 'text/plain' }

const searchFrom = (offset: number) => {
  const options = { offset, signal: expect.any(AbortSignal) }
  return ['vectorStores.search', 'default', 'vs_1', { query: 'a' }, options]
}

/** Method and path, the body if there is one, and the call of a service that it becomes. */
const routes: [route: string, body: unknown, call: unknown[]][] = [
  ['POST /assistants', { model: 'm' }, ['assistants.create', 'default', { model: 'm' }]],
  ['GET /assistants', undefined, ['assistants.list', 'default', page]],
  ['GET /assistants/asst_1', undefined, ['assistants.get', 'default', 'asst_1']],
  ['POST /assistants/asst_1', { name: null }, ['assistants.modify', 'default', 'asst_1', { name: null }]],
  ['DELETE /assistants/asst_1', undefined, ['assistants.remove', 'default', 'asst_1']],
  ['POST /threads', undefined, ['threads.create', 'default', {}]],
  ['POST /threads', { messages: [message] }, ['threads.create', 'default', { messages: [message] }]],
  ['GET /threads/thread_1', undefined, ['threads.get', 'default', 'thread_1']],
  ['POST /threads/thread_1', { metadata: null }, ['threads.modify', 'default', 'thread_1', { metadata: null }]],
  ['DELETE /threads/thread_1', undefined, ['threads.remove', 'default', 'thread_1']],
  ['POST /threads/thread_1/messages', message, ['messages.create', 'default', 'thread_1', message]],
  ['GET /threads/thread_1/messages', undefined, ['messages.list', 'default', 'thread_1', page]],
  [
    'GET /threads/thread_1/messages?run_id=run_1&limit=100&order=asc&after=msg_1&before=msg_9',
    undefined,
    [
      'messages.list',
      'default',
      'thread_1',
      { run_id: 'run_1', limit: 100, order: 'asc', after: 'msg_1', before: 'msg_9' },
    ],
  ],
  ['GET /threads/thread_1/messages/msg_1', undefined, ['messages.get', 'default', 'thread_1', 'msg_1']],
  ['POST /threads/thread_1/messages/msg_1', {}, ['messages.modify', 'default', 'thread_1', 'msg_1', {}]],
  ['GET /threads/thread_1/messages/msg_1/citations', undefined, ['messages.citations', 'default', 'thread_1', 'msg_1']],
  ['DELETE /threads/thread_1/messages/msg_1', undefined, ['messages.remove', 'default', 'thread_1', 'msg_1']],
  ['POST /threads/runs', { assistant_id: 'asst_1' }, ['runs.createWithThread', 'default', { assistant_id: 'asst_1' }]],
  [
    `POST /threads/thread_1/runs?include[]=${include}`,
    { assistant_id: 'asst_1', stream: null },
    ['runs.create', 'default', 'thread_1', { assistant_id: 'asst_1', stream: null }, { include: [content] }],
  ],
  ['GET /threads/thread_1/runs', undefined, ['runs.list', 'default', 'thread_1', page]],
  ['GET /threads/thread_1/runs/run_1', undefined, ['runs.get', 'default', 'thread_1', 'run_1']],
  [
    'POST /threads/thread_1/runs/run_1',
    { metadata: { a: 'b' } },
    ['runs.modify', 'default', 'thread_1', 'run_1', { metadata: { a: 'b' } }],
  ],
  [
    'POST /threads/thread_1/runs/run_1/submit_tool_outputs',
    { tool_outputs: [{ tool_call_id: 'call_1' }] },
    ['runs.submitToolOutputs', 'default', 'thread_1', 'run_1', { tool_outputs: [{ tool_call_id: 'call_1' }] }],
  ],
  ['POST /threads/thread_1/runs/run_1/cancel', undefined, ['runs.cancel', 'default', 'thread_1', 'run_1']],
  [
    `GET /threads/thread_1/runs/run_1/steps?include=${include}`,
    undefined,
    ['runs.listSteps', 'default', 'thread_1', 'run_1', { ...page, include: [content] }],
  ],
  [
    'GET /threads/thread_1/runs/run_1/steps/step_1',
    undefined,
    ['runs.getStep', 'default', 'thread_1', 'run_1', 'step_1', { include: [] }],
  ],
  ['GET /files', undefined, ['files.list', 'default', { limit: 10_000, order: 'desc' }]],
  [
    'GET /files?purpose=vision&limit=2',
    undefined,
    ['files.list', 'default', { purpose: 'vision', limit: 2, order: 'desc' }],
  ],
  ['GET /files/file-1', undefined, ['files.get', 'default', 'file-1']],
  ['DELETE /files/fake_id', undefined, ['files.remove', 'default', 'fake_id']],
  ['POST /uploads', newUpload, ['uploads.create', 'default', newUpload]],
  [
    'POST /uploads/upload_1/complete',
    { part_ids: ['part_2', 'part_1'] },
    ['uploads.complete', 'default', 'upload_1', { part_ids: ['part_2', 'part_1'] }],
  ],
  ['POST /uploads/upload_1/cancel', undefined, ['uploads.cancel', 'default', 'upload_1']],
  ['POST /vector_stores', undefined, ['vectorStores.create', 'default', {}]],
  ['GET /vector_stores', undefined, ['vectorStores.list', 'default', page]],
  ['GET /vector_stores/vs_1', undefined, ['vectorStores.get', 'default', 'vs_1']],
  ['POST /vector_stores/vs_1', { name: null }, ['vectorStores.modify', 'default', 'vs_1', { name: null }]],
  ['DELETE /vector_stores/vs_1', undefined, ['vectorStores.remove', 'default', 'vs_1']],
  ['POST /vector_stores/vs_1/search', { query: 'a' }, searchFrom(0)],
  ['POST /vector_stores/vs_1/search?page=20', { query: 'a' }, searchFrom(20)],
  [
    'POST /vector_stores/vs_1/files',
    { file_id: 'file-1', attributes: { a: 1, b: true } },
    ['vectorStoreFiles.create', 'default', 'vs_1', { file_id: 'file-1', attributes: { a: 1, b: true } }],
  ],
  [
    'GET /vector_stores/vs_1/files?filter=failed',
    undefined,
    ['vectorStoreFiles.list', 'default', 'vs_1', { ...page, filter: 'failed' }],
  ],
  ['GET /vector_stores/vs_1/files/file-1', undefined, ['vectorStoreFiles.get', 'default', 'vs_1', 'file-1']],
  [
    'POST /vector_stores/vs_1/files/file-1',
    { attributes: null },
    ['vectorStoreFiles.modify', 'default', 'vs_1', 'file-1', { attributes: null }],
  ],
  ['DELETE /vector_stores/vs_1/files/file-1', undefined, ['vectorStoreFiles.remove', 'default', 'vs_1', 'file-1']],
  [
    'GET /vector_stores/vs_1/files/file-1/content',
    undefined,
    ['vectorStoreFiles.content', 'default', 'vs_1', 'file-1'],
  ],
  [
    'POST /vector_stores/vs_1/file_batches',
    { file_ids: ['file-1'] },
    ['fileBatches.create', 'default', 'vs_1', { file_ids: ['file-1'] }],
  ],
  ['GET /vector_stores/vs_1/file_batches/vsfb_1', undefined, ['fileBatches.get', 'default', 'vs_1', 'vsfb_1']],
  [
    'POST /vector_stores/vs_1/file_batches/vsfb_1/cancel',
    undefined,
    ['fileBatches.cancel', 'default', 'vs_1', 'vsfb_1'],
  ],
  [
    'GET /vector_stores/vs_1/file_batches/vsfb_1/files',
    undefined,
    ['fileBatches.listFiles', 'default', 'vs_1', 'vsfb_1', page],
  ],
  ['GET /models', undefined, ['models.list']],
  ['GET /models/qwen3%3A32b', undefined, ['models.get', 'qwen3:32b']],
  ['GET /models/meta-llama/Llama-3', undefined, ['models.get', 'meta-llama/Llama-3']],
  ['GET /models/meta-llama%2FLlama-3', undefined, ['models.get', 'meta-llama/Llama-3']],
  ['DELETE /models/gpt-4o', undefined, ['models.remove', 'gpt-4o']],
]

describe.each(['/v1', '/openai', '/openai/v1'])('under %s', (base) => {
  test.each(routes)('%s %j', async (route, body, call) => {
    const { app, calls } = createFakeApp()
    const [method = '', path = ''] = route.split(' ')
    const response = await app.request(base + path, body === undefined ? { method } : posting(body))
    expect(await response.text()).toBe(answer)
    expect(response.status).toBe(200)
    expect(calls).toEqual([call])
  })
})

describe('every reply', () => {
  test.each([
    ['a reply', '/v1/threads/thread_1', 200],
    ['a refusal', '/v1/threads/x', 400],
    ['an unknown route', '/v2/threads', 404],
    ['health', '/health', 200],
    ['the OpenAPI document', '/openapi.json', 200],
  ])('carries the usual headers: %s', async (_, path, status) => {
    const response = await createFakeApp().app.request(path)
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/)
    expect(response.headers.get('openai-version')).toBe('2020-10-01')
    expect(response.headers.get('openai-processing-ms')).toMatch(/^\d+$/)
  })

  test('has a request id of its own', async () => {
    const { app } = createFakeApp()
    const ids = await Promise.all([1, 2].map(async () => (await app.request('/v1/models')).headers.get('x-request-id')))
    expect(new Set(ids).size).toBe(2)
  })
})

describe('routes that do not exist', () => {
  test.each([
    ['GET', '/v1/vector_store', 'Invalid URL (GET /v1/vector_store)'],
    ['POST', '/threads', 'Invalid URL (POST /threads)'],
  ])('%s %s is a 404', async (method, path, message) => {
    const response = await createFakeApp().app.request(path, { method })
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({
      error: { message, type: 'invalid_request_error', param: null, code: null },
    })
  })

  test.each([
    ['PUT', '/v1/threads/thread_1', 'GET, POST, DELETE'],
    ['GET', '/openai/threads', 'POST'],
    ['POST', '/health', 'GET'],
  ])('%s %s is a 405 that names the others', async (method, path, allow) => {
    const response = await createFakeApp().app.request(path, { method })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe(allow)
    expect(await response.json()).toMatchObject({ error: { code: 'method_not_supported', param: null } })
  })
})

describe('errors', () => {
  const failing = (error: unknown) =>
    createFakeApp({
      services: {
        threads: { get: () => Promise.reject(error) },
        files: { get: () => Promise.reject(error) },
      },
    })

  test('an ApiError is told as it is, and not logged', async () => {
    const { app, errors } = failing(notFound('thread', 'thread_1'))
    const response = await app.request('/v1/threads/thread_1')
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({
      error: {
        message: "No thread found with id 'thread_1'.",
        type: 'invalid_request_error',
        param: null,
        code: null,
      },
    })
    expect(errors).toEqual([])
  })

  test('anything else is a 500 that tells nothing, and is logged with its request id', async () => {
    const cause = new Error('disk full: /secret')
    const { app, errors } = failing(cause)
    const response = await app.request('/v1/threads/thread_1')
    expect(response.status).toBe(500)
    expect(await response.json()).toEqual({
      error: {
        message: 'The server had an error while processing your request. Sorry about that!',
        type: 'server_error',
        param: null,
        code: null,
      },
    })
    const request_id = response.headers.get('x-request-id')
    expect(errors).toEqual([{ fields: { err: cause, request_id }, message: 'request failed' }])
  })

  test('a database that is away is a 503, which clients try again, and is logged', async () => {
    const cause = new StoreUnreachable('connect ECONNREFUSED 10.0.0.1')
    const { app, errors } = failing(cause)
    const response = await app.request('/v1/threads/thread_1')
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({
      error: { type: 'server_error', message: expect.stringMatching(/cannot reach its database.*try again/) },
    })
    expect(errors).toMatchObject([{ fields: { err: cause }, message: 'request failed' }])
  })

  test('files repeat theirs as `detail`', async () => {
    const { app } = failing(notFound('file', 'x'))
    expect(await (await app.request('/v1/files/x')).json()).toEqual({
      error: { message: "No file found with id 'x'.", type: 'invalid_request_error', param: null, code: null },
      detail: { message: "No file found with id 'x'.", code: null },
    })
  })
})

describe('OpenAI-Beta', () => {
  const strict = () => createFakeApp({ options: { requireBetaHeader: true } })

  test('is refused when missing, where the original did so', async () => {
    const response = await strict().app.request('/v1/threads', { method: 'POST' })
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      error: {
        message:
          "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting the header 'OpenAI-Beta: assistants=v2'.",
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_beta',
      },
    })
  })

  test('is enough when given, and never asked of files', async () => {
    const { app } = strict()
    const headers = { 'OpenAI-Beta': 'assistants=v2' }
    expect((await app.request('/v1/threads', { method: 'POST', headers })).status).toBe(200)
    expect((await app.request('/v1/files')).status).toBe(200)
    expect((await app.request('/v1/models')).status).toBe(200)
  })
})

test.each([{ authorization: 'Bearer anything' }, { 'api-key': 'anything' }, {}])(
  'any key is accepted: %j',
  async (headers) => {
    const response = await createFakeApp().app.request('/openai/assistants?api-version=2024-05-01-preview', { headers })
    expect(response.status).toBe(200)
  },
)

test.each([
  [{ ok: true, model: 'scripted' }, 200],
  [{ ok: false, store: 'closed' }, 503],
])('health %j is a %i', async (health, status) => {
  const response = await createFakeApp({ health }).app.request('/health')
  expect(response.status).toBe(status)
  expect(await response.json()).toEqual(health)
})
