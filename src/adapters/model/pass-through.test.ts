import { afterEach, describe, expect, test } from 'vitest'
import { recordedStream, startUpstream, type UpstreamReply } from '../../../test/support/loopback-upstream.ts'
import { openConnection } from './connection.ts'
import { defaultScript } from './default-script.ts'
import { forwardOver } from './pass-through.ts'
import { parseScript } from './script-file.ts'
import { createScriptedModel } from './scripted-model.ts'

const closing: (() => PromiseLike<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const body = '{"model":"gpt-4o", "messages":[{"role":"user","content":"Hello"}], "n": 1.0}'

async function open(reply: UpstreamReply) {
  const server = await startUpstream(reply)
  const connection = openConnection({ url: server.url, key: 'sk-ours', idleTimeout: 1000 })
  closing.push(() => server[Symbol.asyncDispose](), connection.close)
  return { server, forward: forwardOver(connection) }
}

const signal = new AbortController().signal

describe('to an upstream', () => {
  test('the request goes as it is, with our key', async () => {
    const { server, forward } = await open({ stream: 'openai-text.sse' })
    const headers = new Headers({ authorization: 'Bearer theirs', cookie: 'a=b', accept: 'text/event-stream' })
    const response = await forward('/chat/completions', { body, headers, signal })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(await response.text()).toBe((await recordedStream('openai-text.sse')).toString())
    expect(server.requests[0]).toMatchObject({ path: '/v1/chat/completions', body })
    expect(server.requests[0]?.headers).toMatchObject({ authorization: 'Bearer sk-ours', accept: 'text/event-stream' })
    expect(server.requests[0]?.headers).not.toHaveProperty('cookie')
  })

  test('an error comes back as it is, once', async () => {
    const error = { error: { message: 'Slow down', type: 'tokens', param: null, code: 'rate_limit_exceeded' } }
    const { server, forward } = await open({ status: 429, body: error, headers: { 'retry-after': '3' } })
    const response = await forward('/embeddings', { body, headers: new Headers(), signal })
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('3')
    expect(await response.json()).toEqual(error)
    expect(server.requests).toMatchObject([{ path: '/v1/embeddings' }])
  })

  test('a body nested 10,000 levels deep is refused', async () => {
    const { server, forward } = await open({ status: 200, body: {} })
    const deep = `{"model":"gpt-4o","x":${'['.repeat(10_000)}${']'.repeat(10_000)}}`
    await expect(forward('/embeddings', { body: deep, headers: new Headers(), signal })).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(/nested too deeply/),
    })
    expect(server.requests).toEqual([])
  })

  test('an upstream that does not answer is a 502', async () => {
    const { forward } = await open({ drop: true })
    await expect(forward('/embeddings', { body, headers: new Headers(), signal })).rejects.toMatchObject({
      name: 'ApiError',
      status: 502,
      code: 'upstream_unreachable',
    })
  })

  test('a client that leaves ends the request', async () => {
    const { server, forward } = await open((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    })
    const response = await forward('/chat/completions', { body, headers: new Headers(), signal })
    await response.body?.cancel()
    await server.requests[0]?.closed
  })
})

describe('to the scripted model', () => {
  function scripted(text = defaultScript) {
    const script = parseScript(text, 'script.yaml')
    const model = createScriptedModel({ script, idleTimeout: 1000, sleep: async () => {}, now: () => 1_760_000_000 })
    return (request: object, path: '/chat/completions' | '/embeddings' = '/chat/completions') =>
      model.forward(path, { body: JSON.stringify({ model: 'm', ...request }), headers: new Headers(), signal })
  }

  const tools = [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } }]
  const ask = (content: unknown) => ({
    messages: [
      { role: 'system', content: 'x' },
      { role: 'user', content },
    ],
    tools,
  })

  test('a whole completion', async () => {
    const response = await scripted()({ ...ask([{ type: 'text', text: 'Hello' }]) })
    expect(await response.json()).toMatchObject({
      object: 'chat.completion',
      created: 1_760_000_000,
      model: 'm',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: expect.stringMatching(/^Hello!/), refusal: null },
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: expect.any(Number), prompt_tokens_details: { cached_tokens: 0 } },
    })
  })

  test('a streamed call', async () => {
    const request = { ...ask('weather in Bern'), stream: true, stream_options: { include_usage: true } }
    const response = await scripted(
      'rules: [{ reply: { tool_calls: [{ name: get_weather, arguments: { location: Bern } }] } }]',
    )(request)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const events = (await response.text()).split('\n\n').filter((event) => event !== '')
    expect(events.pop()).toBe('data: [DONE]')
    const chunks = events.map((event) => JSON.parse(event.replace('data: ', '')))
    expect(chunks.map(({ choices }) => choices)).toMatchObject([
      [{ delta: { role: 'assistant', content: '' }, finish_reason: null }],
      [{ delta: { tool_calls: [{ index: 0, id: expect.any(String), function: { name: 'get_weather' } }] } }],
      [{ delta: { tool_calls: [{ index: 0, function: { arguments: '{"location":"Bern"}' } }] } }],
      [{ delta: {}, finish_reason: 'tool_calls' }],
      [],
    ])
    expect(chunks.at(-1).usage).toMatchObject({ completion_tokens: 1 })
  })

  test.each([
    ['{ status: 429, message: Slow down }', 429, 'Slow down'],
    ['{ cut_after: 1 }', 502, 'cut short'],
  ])('the failure %s', async (failure, status, message) => {
    const forward = scripted(`rules: [{ reply: { text: a b, failure: ${failure} } }]`)
    await expect(forward(ask('x'))).rejects.toMatchObject({ status, message: expect.stringContaining(message) })
  })

  test('a stream that is cut breaks off', async () => {
    const forward = scripted('rules: [{ reply: { text: a b, failure: { cut_after: 1 } } }]')
    const response = await forward({ ...ask('x'), stream: true })
    await expect(response.text()).rejects.toThrow('cut short')
  })

  test('embeddings and broken requests are refused', async () => {
    await expect(scripted()({ input: 'x' }, '/embeddings')).rejects.toMatchObject({
      status: 400,
      code: 'unsupported_endpoint',
    })
    await expect(scripted()({ messages: [{ role: 'judge' }] })).rejects.toMatchObject({
      status: 400,
      param: 'messages.0.role',
    })
  })
})
