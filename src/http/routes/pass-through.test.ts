import { expect, test } from 'vitest'
import { createFakeApp } from '../../../test/support/fake-app.ts'
import type { PassThrough } from '../../ports/model.ts'

type ForwardedRequest = Parameters<PassThrough['forward']>[1]

const body = '{"model":"gpt-4o",  "unknown":[1.0]}'
const init = { method: 'POST', headers: { 'content-type': 'application/json', authorization: 'Bearer k' }, body }

test.each(['/chat/completions', '/embeddings'])('POST %s goes to the upstream as it is', async (path) => {
  const seen: [string, ForwardedRequest][] = []
  const { app } = createFakeApp({
    passThrough: {
      async forward(to, request) {
        seen.push([to, request])
        return Response.json({ error: { message: 'slow down' } }, { status: 429, headers: { 'retry-after': '3' } })
      },
    },
  })
  const response = await app.request(`/v1${path}`, init)
  expect(response.status).toBe(429)
  expect(response.headers.get('retry-after')).toBe('3')
  expect(response.headers.get('x-request-id')).toMatch(/^req_/)
  expect(await response.json()).toEqual({ error: { message: 'slow down' } })
  const [[to, request] = []] = seen
  expect(to).toBe(path)
  expect(request?.body).toBe(body)
  expect(request?.headers.get('authorization')).toBe('Bearer k')
})

test('a stream comes back as it comes, without the headers of the other connection', async () => {
  const sse = 'data: {"choices":[]}\n\ndata: [DONE]\n\n'
  const headers = { 'content-type': 'text/event-stream', 'content-encoding': 'gzip', 'content-length': '7' }
  const { app } = createFakeApp({ passThrough: { forward: async () => new Response(sse, { headers }) } })
  const response = await app.request('/v1/chat/completions', init)
  expect(await response.text()).toBe(sse)
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  expect(response.headers.has('content-encoding')).toBe(false)
  expect(response.headers.has('content-length')).toBe(false)
})

test('a client that leaves is no failure of the server', async () => {
  const leaving = new AbortController()
  const { app, errors } = createFakeApp({
    passThrough: {
      async forward(_, { signal }) {
        leaving.abort()
        signal.throwIfAborted()
        return new Response()
      },
    },
  })
  const response = await app.request('/v1/chat/completions', { ...init, signal: leaving.signal })
  expect(response.status).toBe(400)
  expect(errors).toEqual([])
})
