import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { type LoopbackUpstream, startUpstream, type UpstreamReply } from '../../../test/support/loopback-upstream.ts'
import { modelRequest, type Reply, readReply } from '../../../test/support/model-requests.ts'
import type { ModelPart, ModelRequest } from '../../ports/model.ts'
import type { ChatDialect } from './chat-messages.ts'
import { openConnection } from './connection.ts'
import { createHttpUpstream } from './http-upstream.ts'
import type { Upstream } from './upstream.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

interface Opened {
  server: LoopbackUpstream
  upstream: Upstream
  /** Milliseconds that were waited between attempts; nothing waits in truth. */
  waits: number[]
  logged: object[]
}

async function open(
  replies: UpstreamReply[],
  { idleTimeout = 5000, dialect = {} }: { idleTimeout?: number; dialect?: Partial<ChatDialect> } = {},
): Promise<Opened> {
  const server = await startUpstream(...replies)
  return { server, ...openUpstream(server.url, idleTimeout, dialect, async () => server[Symbol.asyncDispose]()) }
}

function openUpstream(url: string, idleTimeout: number, dialect: Partial<ChatDialect>, close: () => Promise<unknown>) {
  const waits: number[] = []
  const logged: object[] = []
  const log = (fields: object) => logged.push(fields)
  const connection = openConnection({ url, key: 'sk-secret', idleTimeout, connectTimeout: 1000 })
  const upstream = createHttpUpstream(connection, {
    dialect: { tokenLimitField: 'max_completion_tokens', drop: [], ...dialect },
    retry: {
      retries: 4,
      firstWait: 500,
      longestWait: 8000,
      waitInAll: 60_000,
      random: () => 0.5,
      sleep: async (wait, signal) => {
        signal.throwIfAborted()
        waits.push(wait)
      },
    },
    log: { debug: log, info: log, warn: log, error: log },
    now: () => Date.parse('2025-10-13T16:00:00Z'),
  })
  closing.push(close, upstream.close)
  return { upstream, waits, logged }
}

function ask(upstream: Upstream, change: Partial<ModelRequest> = {}, signal = new AbortController().signal) {
  return upstream.stream(modelRequest(change), { signal })
}

const bern = '{"location":"Bern"}'
const call = (id: string | null, name: string, text: string) => ({ id, name, arguments: text })

const recorded: Record<string, Partial<Reply>> = {
  'openai-text.sse': { text: 'Grüezi 👋!', usage: [2031, 5, 2036, 1920, 0] },
  'openai-tool-calls.sse': {
    calls: [
      call('call_nHjXV5rgK5vDkmYI2RcTmJyh', 'get_weather', '{"location": "Bern"}'),
      call('call_0PW1XDk0mAE2GhUZkq1PJXu6', 'get_time', '{"zone": "CET"}'),
    ],
    usage: [112, 46, 158, 0, 0],
  },
  'openai-refusal.sse': { refusal: "I'm sorry, I cannot help with that.", usage: [60, 11, 71, 0, 0] },
  'openai-length.sse': { text: 'Once upon a', finish: 'length', usage: [14, 3, 17, 0, 0] },
  'openai-reasoning-length.sse': { finish: 'length', usage: [20, 256, 276, 0, 256] },
  'azure-content-filter.sse': { text: 'First you', finish: 'content_filter', usage: [18, 2, 20, 0, 0] },
  'vllm-text-continuous-usage.sse': { text: '\n\nHello there.', usage: [17, 9, 26, 0, 0] },
  'vllm-tool-calls-all-index-0.sse': {
    calls: [
      call('chatcmpl-tool-c9ZCzB9b9NikK5kjPBXpFG', 'get_weather', '{"location": "Bern"}'),
      call('chatcmpl-tool-HfzZPEVfQgvgpSJccb8Vr8', 'get_weather', '{"location": "Chur"}'),
    ],
    usage: [231, 40, 271, 0, 0],
  },
  'vllm-harmony-new-id-per-chunk.sse': {
    calls: [call('chatcmpl-tool-7a1f', 'get_weather', '{"location": "Bern"}')],
    usage: [140, 22, 162, 0, 0],
  },
  'ollama-text.sse': { text: 'Hello world.', usage: [26, 4, 30, 0, 0] },
  'ollama-tool-calls.sse': {
    calls: [call('call_3jdjiczd', 'get_weather', bern), call('call_i7n1r7ml', 'get_time', '{}')],
    usage: [190, 37, 227, 0, 0],
  },
  'ollama-tool-calls-without-index.sse': {
    calls: [call('call_a1', 'get_weather', bern), call('call_b2', 'get_weather', '{"location":"Chur"}')],
  },
  'llama-cpp-text.sse': { text: 'Hi, you', usage: [11, 4, 15, 0, 0] },
  'llama-cpp-tool-calls.sse': {
    calls: [call('qzJcv3bXs5mdUvOGQb5C0aD0gkxX8sHi', 'get_weather', bern)],
    usage: [170, 21, 191, 0, 0],
  },
  'sglang-numbered-ids.sse': {
    calls: [call('0', 'get_weather', '{"location": "Bern"}'), call('1', 'get_weather', '{"location": "Chur"}')],
  },
  'interleaved-tool-calls.sse': {
    calls: [call('call_a', 'get_weather', bern), call('call_b', 'get_time', '{"zone":"CET"}')],
  },
  'arguments-object-no-id.sse': { calls: [call(null, 'get_weather', bern), call(null, 'list_cities', '{}')] },
  'legacy-function-call.sse': { calls: [call(null, 'get_weather', bern)] },
  'broken-arguments.sse': {
    calls: [call('call_a', 'get_weather', '{"location": Bern'), call('call_b', 'get_time', '{}')],
  },
  'blank-text-before-call.sse': { calls: [call('call_a', 'get_time', '{}')] },
  'mistral-content-parts.sse': { text: 'Bonjour' },
  'openrouter-comments.sse': { text: 'Hi you', usage: [9, 2, 11, 0, 0] },
  'no-finish-reason.sse': { text: 'Fine.' },
  'ends-without-done.sse': { text: 'Hi' },
  'last-event-without-blank-line.sse': { text: 'Hi' },
  'empty-reply.sse': {},
}

describe('recorded streams', () => {
  test.each(Object.entries(recorded))('%s', async (stream, expected) => {
    const { upstream } = await open([{ stream }, { stream, pieces: 7 }])
    const finish = expected.calls ? 'tool_calls' : 'stop'
    const whole = { text: '', refusal: '', calls: [], usage: null, finish, ...expected }
    expect(await readReply(ask(upstream))).toEqual(whole)
    expect(await readReply(ask(upstream))).toEqual(whole)
  })

  test('a reply that is not streamed', async () => {
    const tool_calls = [{ id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: bern } }]
    const message = { role: 'assistant', content: 'Wait.', tool_calls }
    const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
    const choices = [{ index: 0, message, finish_reason: 'tool_calls' }]
    const { upstream } = await open([{ status: 200, body: { object: 'chat.completion', choices, usage } }])
    const calls = [call('call_1', 'get_weather', bern)]
    const finish = 'tool_calls'
    expect(await readReply(ask(upstream))).toEqual({
      text: 'Wait.',
      refusal: '',
      calls,
      usage: [3, 2, 5, 0, 0],
      finish,
    })
  })

  test('an id that the conversation has already is not used again', async () => {
    const { upstream } = await open([{ stream: 'sglang-numbered-ids.sse' }])
    const tool_calls = [{ id: '0', name: 'get_weather', arguments: bern }]
    const messages = [...modelRequest().messages, { role: 'assistant' as const, text: null, tool_calls }]
    const { calls } = await readReply(ask(upstream, { messages }))
    expect(calls.map(({ id }) => id)).toEqual([null, '1'])
  })
})

describe('the request', () => {
  test('goes out with the key, streamed and with usage', async () => {
    const { upstream, server } = await open([{ stream: 'openai-text.sse' }])
    await readReply(ask(upstream, { temperature: 1, max_completion_tokens: 500 }))
    const [request] = server.requests
    expect(request).toMatchObject({ method: 'POST', path: '/v1/chat/completions' })
    expect(request?.headers).toMatchObject({ authorization: 'Bearer sk-secret', 'content-type': 'application/json' })
    expect(JSON.parse(request?.body ?? '')).toEqual({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      stream_options: { include_usage: true },
      temperature: 1,
      max_completion_tokens: 500,
    })
  })

  test('one socket serves one request after the other', async () => {
    const { upstream, server } = await open([{ stream: 'openai-text.sse' }])
    for (let time = 0; time < 5; time++) await readReply(ask(upstream))
    expect(server.requests).toHaveLength(5)
    expect(server.sockets).toBeLessThanOrEqual(2) // the next may start before the last byte of the one before
  })
})

/** What the upstream does, and the end that this has: a code, and words of the message. */
const faults: { what: string; reply: UpstreamReply; code: string; message: string; attempts?: number }[] = [
  ...[
    ['not-json.sse', 'a chunk that is not JSON'],
    ['not-a-chunk.sse', "at 'choices'"],
    ['stops-without-end.sse', "The model's reply was cut short"],
  ].map(([stream = '', message = '']) => ({ what: stream, reply: { stream }, code: 'server_error', message })),
  // Nothing of these was passed on when the fault came, so they are asked for again.
  ...[
    ['openrouter-error.sse', 'Provider disconnected'],
    ['llama-cpp-error.sse', 'Failed to process the prompt'],
  ].map(([stream = '', message = '']) => {
    return { what: stream, reply: { stream }, code: 'server_error', message, attempts: 5 }
  }),
  {
    what: 'a stream cut in the middle',
    reply: { stream: 'openai-text.sse', cutAfter: 700 },
    code: 'server_error',
    message: "The model's reply was cut short",
  },
  {
    what: 'a stream cut before its first token',
    reply: { stream: 'openai-text.sse', cutAfter: 300 },
    code: 'server_error',
    message: "The model's reply was cut short",
    attempts: 5,
  },
  {
    what: 'a socket closed without an answer',
    reply: { drop: true },
    code: 'server_error',
    message: 'could not be reached',
    attempts: 5,
  },
  {
    what: 'a rate limit',
    reply: {
      status: 429,
      body: {
        error: { message: 'Rate limit reached for gpt-4o', type: 'tokens', param: null, code: 'rate_limit_exceeded' },
      },
    },
    code: 'rate_limit_exceeded',
    message: 'Rate limit reached for gpt-4o',
    attempts: 5,
  },
  {
    what: 'a spent quota, which no waiting helps',
    reply: {
      status: 429,
      body: {
        error: { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' },
      },
    },
    code: 'rate_limit_exceeded',
    message: 'You exceeded your current quota',
  },
  {
    what: 'a bare 429',
    reply: { status: 429, body: '' },
    code: 'rate_limit_exceeded',
    message: 'over its rate limit',
    attempts: 5,
  },
  {
    what: 'a 500',
    reply: { status: 500, body: { error: 'llama runner crashed' } },
    code: 'server_error',
    message: 'llama runner crashed',
    attempts: 5,
  },
  {
    what: 'a 503 page of a proxy',
    reply: { status: 503, body: '<html>busy' },
    code: 'server_error',
    message: '(HTTP 503)',
    attempts: 5,
  },
  {
    what: 'a prompt that is refused',
    reply: {
      status: 400,
      body: {
        error: {
          message: 'Invalid image.',
          type: 'invalid_request_error',
          param: 'messages.[0].content',
          code: 'invalid_image',
        },
      },
    },
    code: 'invalid_prompt',
    message: 'Invalid image.',
  },
  {
    what: 'a prompt that Azure filters',
    reply: {
      status: 400,
      body: {
        error: {
          message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
          type: null,
          param: 'prompt',
          code: 'content_filter',
        },
      },
    },
    code: 'invalid_prompt',
    message: 'content management policy',
  },
  {
    what: 'a parameter that is refused',
    reply: {
      status: 400,
      body: {
        error: {
          message: "Unsupported value: 'temperature'",
          type: 'invalid_request_error',
          param: 'temperature',
          code: 'unsupported_value',
        },
      },
    },
    code: 'server_error',
    message: "refused the request (HTTP 400) for model 'gpt-4o'. It says: Unsupported value",
  },
  {
    what: 'a request that FastAPI does not take',
    reply: { status: 422, body: { detail: [{ loc: ['body', 'messages'], msg: 'Field required', type: 'missing' }] } },
    code: 'invalid_prompt',
    message: 'Field required',
  },
  {
    what: 'a key that is refused',
    reply: {
      status: 401,
      body: { error: { message: 'Incorrect API key provided: sk-secret.', code: 'invalid_api_key' } },
    },
    code: 'server_error',
    message: 'check the key',
  },
  {
    what: 'a model that Ollama does not have',
    reply: {
      status: 404,
      body: {
        error: {
          message: 'model "gpt-4o" not found, try pulling it first',
          type: 'api_error',
          param: null,
          code: null,
        },
      },
    },
    code: 'server_error',
    message: 'try pulling it first',
  },
  {
    what: 'a web page',
    reply: { status: 200, body: '<html>', headers: { 'content-type': 'text/html' } },
    code: 'server_error',
    message: 'usually ends in /v1',
  },
  {
    what: 'JSON that is no reply',
    reply: { status: 200, body: { hello: 1 } },
    code: 'server_error',
    message: 'cut short',
    attempts: 5,
  },
  ...[
    [
      "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
      'context_length_exceeded',
    ],
    ["This model's maximum context length is 4096 tokens. However, your request has 5000 input tokens.", null],
    ['the request exceeds the available context size. try increasing the context size or enable context shift', null],
    ['request (14429 tokens) exceeds the available context size (8192 tokens), try increasing it', null],
    [
      'Trying to keep the first 6547 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.',
      null,
    ],
    ['the input length exceeds the context length', null],
    ['prompt is too long: 210000 tokens > 200000 maximum', null],
  ].map(([message = '', code]) => ({
    what: `an overflow: ${message}`,
    reply: { status: 400, body: { error: { message, type: 'invalid_request_error', param: 'messages', code } } },
    code: 'context_length_exceeded',
    message: message ?? '',
  })),
  {
    what: 'an overflow that llama.cpp calls a 500',
    reply: {
      status: 500,
      body: {
        error: {
          code: 500,
          message: 'too large',
          type: 'exceed_context_size_error',
          n_prompt_tokens: 1407,
          n_ctx: 256,
        },
      },
    },
    code: 'context_length_exceeded',
    message: 'too large',
  },
]

describe('faults', () => {
  test.each(faults)('$what', async ({ reply, code, message, attempts = 1 }) => {
    const { upstream, server } = await open([reply])
    const failure = await readReply(ask(upstream)).catch((error: unknown) => error)
    expect(failure).toMatchObject({ name: 'ModelFailure', code, message: expect.stringContaining(message) })
    expect(String(failure)).not.toContain('sk-secret')
    expect(server.requests).toHaveLength(attempts)
  })

  test('what came before a fault is passed on', async () => {
    const { upstream } = await open([{ stream: 'openai-text.sse', cutAfter: 1500 }])
    const parts: ModelPart[] = []
    await expect(async () => {
      for await (const part of ask(upstream)) parts.push(part)
    }).rejects.toThrow('cut short')
    expect(parts.length).toBeGreaterThan(0)
    expect(parts.every(({ type }) => type === 'text-delta')).toBe(true)
  })

  test('a break behind the finished reply takes nothing away', async () => {
    const bytes = 2000 // of 2,3xx: the finish reason is in, the usage is not
    const { upstream } = await open([{ stream: 'openai-text.sse', cutAfter: bytes }])
    expect(await readReply(ask(upstream))).toMatchObject({ text: 'Grüezi 👋!', finish: 'stop', usage: null })
  })

  test.each(['before head', 'after head'] as const)('an upstream that hangs %s is given up', async (hang) => {
    const { upstream, server } = await open([{ hang }], { idleTimeout: 60 })
    await expect(readReply(ask(upstream))).rejects.toMatchObject({
      code: 'server_error',
      message: expect.stringContaining('said nothing for 0.06 seconds'),
    })
    expect(server.requests).toHaveLength(1)
  })

  test('nobody at the address', async () => {
    const gone = await startUpstream()
    await gone[Symbol.asyncDispose]()
    const { upstream, waits } = openUpstream(gone.url, 1000, {}, async () => {})
    await expect(readReply(ask(upstream))).rejects.toMatchObject({
      code: 'server_error',
      message: expect.stringMatching(/127\.0\.0\.1:\d+ could not be reached \(ECONNREFUSED\)/),
    })
    expect(waits).toHaveLength(4)
  })
})

describe('further attempts', () => {
  test('come after exponential waits, and the reply is as if nothing had been', async () => {
    const busy = { status: 503 }
    const { upstream, waits, logged } = await open([busy, { drop: true }, busy, busy, { stream: 'openai-text.sse' }])
    expect(await readReply(ask(upstream))).toMatchObject({ text: 'Grüezi 👋!' })
    expect(waits).toEqual([375, 750, 1500, 3000])
    expect(logged).toHaveLength(4)
    expect(JSON.stringify(logged)).not.toContain('sk-secret')
  })

  test.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after-ms': '1250', 'retry-after': '2' }, 1250],
    [{ 'retry-after': 'Mon, 13 Oct 2025 16:00:20 GMT' }, 20_000],
    [{ 'retry-after': 'Mon, 13 Oct 2025 15:00:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, 375],
  ])('wait as long as %j asks', async (headers, wait) => {
    const { upstream, waits } = await open([{ status: 429, headers }, { stream: 'openai-text.sse' }])
    await readReply(ask(upstream))
    expect(waits).toEqual([wait])
  })

  test('are not made when the upstream asks for more patience than there is', async () => {
    const { upstream, waits } = await open([{ status: 429, headers: { 'retry-after': '61' } }])
    await expect(readReply(ask(upstream))).rejects.toMatchObject({ code: 'rate_limit_exceeded' })
    expect(waits).toEqual([])
  })

  test('end with the abort', async () => {
    const controller = new AbortController()
    const abort: UpstreamReply = (_, response) => {
      response.writeHead(503).end()
      controller.abort(new Error('cancelled'))
    }
    const { upstream, server } = await open([abort])
    await expect(readReply(ask(upstream, {}, controller.signal))).rejects.toThrow('cancelled')
    expect(server.requests).toHaveLength(1)
  })
})

describe('an abort', () => {
  test.each(['before head', 'after head'] as const)('closes the socket at once, %s', async (hang) => {
    const { upstream, server } = await open([{ hang }])
    const controller = new AbortController()
    const reply = readReply(ask(upstream, {}, controller.signal))
    reply.catch(() => {})
    await expect.poll(() => server.requests.length).toBe(1)
    await expectClosed(server, () => controller.abort(new Error('cancelled')))
    await expect(reply).rejects.toThrow('cancelled')
  })

  test('closes the socket in the middle of a reply', async () => {
    const { upstream, server } = await open([endless])
    const controller = new AbortController()
    const parts = ask(upstream, {}, controller.signal)[Symbol.asyncIterator]()
    await parts.next()
    await expectClosed(server, () => controller.abort(new Error('cancelled')))
    await expect(drain(parts)).rejects.toThrow('cancelled')
  })

  test('that came before sends nothing', async () => {
    const { upstream, server } = await open([{ stream: 'openai-text.sse' }])
    await expect(readReply(ask(upstream, {}, AbortSignal.abort(new Error('cancelled'))))).rejects.toThrow('cancelled')
    expect(server.requests).toHaveLength(0)
  })

  test('is what a reader that leaves does too', async () => {
    const { upstream, server } = await open([endless])
    await expectClosed(server, async () => {
      for await (const _ of ask(upstream)) break
    })
  })
})

test('a reader that stands still makes the upstream wait', async () => {
  const line = `data: {"choices":[{"index":0,"delta":{"content":"${'x'.repeat(64_000)}"}}]}\n\n`
  const all = 128_000_000 // more than the buffers of two sockets hold
  let written = 0
  const flood: UpstreamReply = async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    while (written < all) {
      written += line.length
      if (!response.write(line)) await once(response, 'drain')
    }
  }
  const { upstream } = await open([flood])
  const parts = ask(upstream)[Symbol.asyncIterator]()
  await parts.next()
  for (let still = 0, before = 0; still < 100; before = written) {
    await setImmediate()
    still = written === before ? still + 1 : 0
  }
  expect(written).toBeLessThan(all / 2)
  await parts.return?.()
})

const endless: UpstreamReply = (_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = () => response.write('data: {"choices":[{"index":0,"delta":{"content":"on and "}}]}\n\n')
  send()
  const timer = setInterval(send, 5)
  response.on('close', () => clearInterval(timer))
}

async function drain(parts: AsyncIterator<ModelPart>): Promise<void> {
  while (!(await parts.next()).done) {}
}

/** The upstream sees its socket close within a tenth of a second of the act. */
async function expectClosed(server: LoopbackUpstream, act: () => unknown): Promise<void> {
  const start = performance.now()
  await act()
  await server.requests[0]?.closed
  expect(performance.now() - start).toBeLessThan(100)
}
