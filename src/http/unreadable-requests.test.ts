import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { createFakeApp } from '../../test/support/fake-app.ts'
import { createHttpServer } from './http-server.ts'
import { createListener } from './listener.ts'

const quiet = () => {}

/** A server on a free port over an app, by default one whose services answer anything. */
async function listening(app: Parameters<typeof createListener>[0] = createFakeApp().app) {
  const server = createHttpServer(createListener(app, { debug: quiet, info: quiet, warn: quiet, error: quiet }))
  const port = await server.listen({ host: '127.0.0.1', port: 0 })
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.close()
      await server.drained()
    },
  }
}

/** What comes back for these bytes until the server closes the connection. */
async function exchange(port: number, ...pieces: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1')
  let received = ''
  socket.on('data', (text) => {
    received += text
    const next = pieces[++sent]
    if (next !== undefined) socket.write(next, 'latin1')
  })
  let sent = 0
  socket.write(pieces[0] ?? '', 'latin1')
  await once(socket, 'close')
  return received
}

const get = (path: string, headers = 'Host: x\r\n') => `GET ${path} HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`
const posted = (headers: string, body: string) => `POST /v1/threads HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n${body}`

test.each([
  ['no host', get('/v1/assistants', ''), 400, /Missing host header/],
  ['a host that is none', get('/v1/assistants', 'Host: a b\r\n'), 400, /Check its URL and its 'Host' header\.$/],
  ['a port that is none', get('/v1/assistants', 'Host: x:99999\r\n'), 400, /could not read the address/],
  ['an absolute URL that is none', get('http://['), 400, /could not read the address/],
  ['a backslash', get('/v1\\assistants'), 400, /could not read the address/],
  ['bytes in the path', get('/v1/assistants/\xc3\xa9'), 400, /could not read your request as HTTP/],
  ['no HTTP', 'hello\r\n\r\n', 400, /could not read your request as HTTP/],
  ['a method that does not exist', 'FOO / HTTP/1.1\r\nHost: x\r\n\r\n', 400, /could not read your request as HTTP/],
  ['a very long URL', get(`/v1/assistants/${'x'.repeat(20_000)}`), 431, /too long/],
  ['very long headers', get('/v1/assistants', `Host: x\r\nX: ${'x'.repeat(20_000)}\r\n`), 431, /too long/],
  ['a length that is none', posted('Content-Length: -1', '{}'), 400, /could not read your request as HTTP/],
  ['a broken chunk', posted('Transfer-Encoding: chunked', 'zz\r\n'), 400, /could not read your request as HTTP/],
])('%s is refused like everything else', async (_, bytes, status, message) => {
  await using server = await listening()
  const received = await exchange(server.port, bytes)
  const [head = '', body = ''] = received.split('\r\n\r\n')
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(head).toMatch(/^content-type: application\/json$/im)
  expect(head).toMatch(/^x-request-id: req_[0-9a-f]{32}$/im)
  expect(head).toMatch(/^connection: close$/im)
  expect(JSON.parse(body)).toEqual({
    error: { message: expect.stringMatching(message), type: 'invalid_request_error', param: null, code: null },
  })
})

test.each([
  ['HTTP/1.0 needs no host', 'GET /v1/assistants HTTP/1.0\r\n\r\n'],
  ['an IPv6 host', get('/v1/assistants', 'Host: [::1]:4141\r\n')],
  ['an expectation that nobody knows', get('/v1/assistants', 'Host: x\r\nExpect: foo\r\n')],
])('%s', async (_, bytes) => {
  await using server = await listening()
  expect(await exchange(server.port, bytes)).toMatch(/^HTTP\/1.1 200 OK\r\n/)
})

test('nothing is written into a reply that has begun', async () => {
  const fetch = () =>
    new Response(new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('begun')) }))
  await using server = await listening({ fetch })
  const received = await exchange(server.port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'hello\r\n\r\n')
  expect(received).toContain('begun')
  expect(received.match(/HTTP\/1.1/g)).toEqual(['HTTP/1.1'])
})

test('a reply that is through does not stand in the way', async () => {
  await using server = await listening()
  const received = await exchange(server.port, 'GET /v1/assistants HTTP/1.1\r\nHost: x\r\n\r\n', 'hello\r\n\r\n')
  expect(received.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400'])
})
