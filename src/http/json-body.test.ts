import { describe, expect, test } from 'vitest'
import { createFakeApp } from '../../test/support/fake-app.ts'
import { ApiError } from '../api/error.ts'
import { maxJsonBytes, readJson, readText } from './json-body.ts'

function request(
  body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null,
  headers: Record<string, string> = {},
): Request {
  return new Request('http://x/', { method: 'POST', body, headers, ...{ duplex: 'half' } })
}

const json = { 'content-type': 'application/json' }

test('a JSON body is read, whatever kind of JSON it calls itself', async () => {
  for (const type of ['application/json', 'application/json; charset=utf-8', 'Application/Vnd.Api+JSON']) {
    expect(await readJson(request('{"a":"ü"}', { 'content-type': type }))).toEqual({ a: 'ü' })
  }
})

test('bytes that do not say what they are count as JSON', async () => {
  expect(await readJson(request(Buffer.from('{"a":1}')))).toEqual({ a: 1 })
})

test('no body reads as an empty object', async () => {
  expect(await readJson(request(null))).toEqual({})
  expect(await readJson(request('', { 'content-type': 'text/plain' }))).toEqual({})
})

test.each(['{"a":', 'a=1', '{"a":1}}', '\u0000'])('malformed JSON %j is a 400', async (text) => {
  const response = await createFakeApp().app.request('/v1/threads', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: text,
  })
  expect(response.status).toBe(400)
  expect(await response.json()).toEqual({
    error: {
      message: expect.stringMatching(/^We could not parse the JSON body of your request\. \(HINT: /),
      type: 'invalid_request_error',
      param: null,
      code: null,
    },
  })
})

test('bytes that are no UTF-8 are a 400, declared or not', async () => {
  const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])
  for (const headers of [{}, { 'content-length': String(bytes.length) }]) {
    await expect(readJson(request(bytes, headers))).rejects.toMatchObject({ status: 400, name: 'ApiError' })
  }
})

test('a byte order mark is passed over', async () => {
  const bytes = Buffer.from('\ufeff{"a":1}')
  expect(await readJson(request(bytes, { 'content-length': String(bytes.length) }))).toEqual({ a: 1 })
})

test.each([
  ['{"metadata":', '{"a":', '1', '}', '}'],
  ['{"metadata":', '[', '', ']', '}'],
])('10,000 levels of %s%s are a 400', async (before, open, inner, close, after) => {
  const { app, calls, errors } = createFakeApp()
  const body = before + open.repeat(10_000) + inner + close.repeat(10_000) + after
  const response = await app.request('/v1/threads', { method: 'POST', headers: json, body })
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({
    error: { message: expect.stringMatching(/nested too deeply: 256 levels/) },
  })
  expect([calls, errors]).toEqual([[], []])
})

test('a __proto__ key is refused wherever it stands, and nothing else is', async () => {
  const refused = { status: 400, param: '__proto__', code: 'unknown_parameter' }
  await expect(readJson(request('{"metadata":{"__proto__":"v"}}', json))).rejects.toMatchObject(refused)
  await expect(readJson(request('[{"__proto__":{"a":1}}]', json))).rejects.toMatchObject(refused)
  expect(await readJson(request('{"a":"\\"__proto__\\""}', json))).toEqual({ a: '"__proto__"' })
  expect(await readJson(request('{"constructor":"a","toString":"b"}', json))).toEqual({
    constructor: 'a',
    toString: 'b',
  })
})

test('an empty content type says nothing', async () => {
  expect(await readJson(request('{"a":1}', { 'content-type': '' }))).toEqual({ a: 1 })
})

test('another content type is a 415', async () => {
  const error = await readJson(request('a=1', { 'content-type': 'application/x-www-form-urlencoded' })).catch((e) => e)
  expect(error).toBeInstanceOf(ApiError)
  expect(error).toMatchObject({ status: 415, code: 'unsupported_content_type' })
})

describe('a body that is too large', () => {
  test('is refused by its declared length, unread', async () => {
    const large = request('{}', { 'content-type': 'application/json', 'content-length': String(maxJsonBytes + 1) })
    await expect(readJson(large)).rejects.toMatchObject({ status: 413 })
    expect(large.bodyUsed).toBe(false)
  })

  test('is refused as it comes when it declares none', async () => {
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent++
        controller.enqueue(new Uint8Array(1024))
      },
    })
    await expect(readText(request(endless), 10 * 1024)).rejects.toMatchObject({ status: 413 })
    expect(sent).toBeLessThan(20)
  })
})

test('a body that breaks off is the client’s doing', async () => {
  const broken = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.error(new TypeError('terminated'))
    },
  })
  await expect(readJson(request(broken))).rejects.toMatchObject({ name: 'ApiError', status: 400 })
})
