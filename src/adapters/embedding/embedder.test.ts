import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type LoopbackUpstream, startUpstream, type UpstreamReply } from '../../../test/support/loopback-upstream.ts'
import type { Embedder } from '../../ports/embedder.ts'
import { openConnection } from '../model/connection.ts'
import { createEmbedder, type EmbedderOptions } from './embedder.ts'
import { createHttpSource } from './http-source.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

interface Opened {
  server: LoopbackUpstream
  embedder: Embedder
  /** Milliseconds that were waited between attempts; nothing waits in truth. */
  waits: number[]
  logged: object[]
}

interface Settings extends Partial<EmbedderOptions> {
  idleTimeout?: number
  drop?: string[]
}

async function open(replies: UpstreamReply[], { idleTimeout = 5000, drop = [], ...settings }: Settings = {}) {
  const server = await startUpstream(...replies)
  const waits: number[] = []
  const logged: object[] = []
  const log = (fields: object) => logged.push(fields)
  const connection = openConnection({ url: server.url, key: 'sk-secret', idleTimeout, connectTimeout: 1000 })
  const now = () => Date.parse('2025-10-13T16:00:00Z')
  const dimensions = 'dimensions' in settings ? settings.dimensions : 3
  const source = createHttpSource({ connection, model: 'small', dimensions, drop, now })
  closing.push(async () => server[Symbol.asyncDispose](), source.close)
  const retry = {
    retries: 4,
    firstWait: 500,
    longestWait: 8000,
    waitInAll: 60_000,
    random: () => 0.5,
    sleep: async (wait: number, signal: AbortSignal) => {
      signal.throwIfAborted()
      waits.push(wait)
    },
  }
  const options = {
    batch: 64,
    queryPrefix: '',
    passagePrefix: '',
    retry,
    log: { debug: log, info: log, warn: log, error: log },
    ...settings,
    dimensions,
  }
  const embedder = await createEmbedder(source, options, { signal: new AbortController().signal })
  return { server, embedder, waits, logged } satisfies Opened
}

const never = new AbortController().signal
const passages = (embedder: Embedder, texts: string[], signal = never) =>
  embedder.embed(texts, { kind: 'passage', signal })
const query = (embedder: Embedder, text: string, signal = never) => embedder.embed([text], { kind: 'query', signal })

const embeddingRequest = z.object({ model: z.string(), input: z.array(z.string()) })

function inputsOf(server: LoopbackUpstream): string[][] {
  return server.requests.map(({ body }) => embeddingRequest.parse(JSON.parse(body)).input)
}

/** A vector that tells its text: its length, and its first character. */
function meaning(text: string): number[] {
  return [text.length, text.charCodeAt(0), 1]
}

function unit(vector: number[]): Float32Array {
  const length = Math.hypot(...vector)
  return Float32Array.from(vector, (value) => value / length)
}

function base64(vector: number[]): string {
  return Buffer.from(Float32Array.from(vector).buffer).toString('base64')
}

interface Answering {
  encode?: (vector: number[], index: number) => object
  /** May answer in its place. */
  refuse?: (input: string[]) => { status: number; body: unknown } | undefined
}

/** Answers every request with `meaning`, in numbers unless told otherwise. */
function embeds({ encode = (embedding, index) => ({ index, embedding }), refuse }: Answering = {}) {
  return (_: IncomingMessage, response: ServerResponse, body: string) => {
    const { input } = embeddingRequest.parse(JSON.parse(body))
    const data = input.map((text, index) => encode(meaning(text), index))
    const answer = refuse?.(input) ?? { status: 200, body: { object: 'list', data, model: 'small' } }
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body))
  }
}

function refusal(message: string, status = 400) {
  return { status, body: { error: { message, type: 'invalid_request_error', param: null, code: null } } }
}

describe('the request', () => {
  test('goes to /embeddings with the key, the model and the texts', async () => {
    const { embedder, server } = await open([embeds()], { dimensions: 3 })
    expect(await passages(embedder, ['b', ''])).toEqual([unit(meaning('b')), unit(meaning(' '))])
    const [request] = server.requests
    expect(request).toMatchObject({ method: 'POST', path: '/v1/embeddings' })
    expect(request?.headers).toMatchObject({ authorization: 'Bearer sk-secret', 'content-type': 'application/json' })
    const expected = { model: 'small', input: ['b', ' '], encoding_format: 'base64', dimensions: 3 }
    expect(JSON.parse(request?.body ?? '')).toEqual(expected)
  })

  test('leaves out what the upstream does not take', async () => {
    const { embedder, server } = await open([embeds()], { drop: ['dimensions', 'encoding_format'] })
    await passages(embedder, ['b'])
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({ model: 'small', input: ['b'] })
  })

  test('puts the prefix of its kind in front', async () => {
    const prefixes = { queryPrefix: 'query: ', passagePrefix: 'passage: ' }
    const { embedder, server } = await open([embeds()], prefixes)
    await query(embedder, 'a')
    await passages(embedder, ['b', 'c'])
    expect(inputsOf(server)).toEqual([['query: a'], ['passage: b', 'passage: c']])
  })

  test('is not made for nothing', async () => {
    const { embedder, server } = await open([embeds()])
    expect(await passages(embedder, [])).toEqual([])
    expect(server.requests).toEqual([])
  })
})

describe('the space', () => {
  test('names dimensions, model and the prefix of passages', async () => {
    const space = async (settings: Settings) => (await open([embeds()], settings)).embedder.space
    expect(await space({})).toBe('3/small')
    expect(await space({ queryPrefix: 'query: ' })).toBe('3/small')
    expect(await space({ passagePrefix: 'passage: ' })).toBe('3/small/"passage: "')
    expect(await space({ dimensions: 256 })).toBe('256/small')
  })

  test('has the dimensions that the model gives when none were asked for', async () => {
    const { embedder, server } = await open([{ status: 503 }, embeds()], { dimensions: undefined })
    expect(embedder.dimensions).toBe(3)
    expect(server.requests).toHaveLength(2)
    expect(JSON.parse(server.requests[1]?.body ?? '')).not.toHaveProperty('dimensions')
  })
})

describe('the reply', () => {
  const texts = ['a', 'bb', 'ccc']
  const expected = texts.map((text) => unit(meaning(text)))
  const forms: Record<string, Required<Answering>['encode']> = {
    numbers: (embedding, index) => ({ object: 'embedding', index, embedding }),
    base64: (vector, index) => ({ object: 'embedding', index, embedding: base64(vector) }),
    'no indexes': (embedding) => ({ embedding }),
    'indexes of null': (vector) => ({ index: null, embedding: base64(vector) }),
  }
  test.each(Object.entries(forms))('may come as %s', async (_, encode) => {
    const { embedder } = await open([embeds({ encode })])
    expect(await passages(embedder, texts)).toEqual(expected)
  })

  test('may come in any order', async () => {
    const data = texts.map((text, index) => ({ index, embedding: base64(meaning(text)) })).reverse()
    const { embedder } = await open([{ status: 200, body: { data } }])
    expect(await passages(embedder, texts)).toEqual(expected)
  })
})

describe('many texts', () => {
  const texts = Array.from({ length: 150 }, (_, index) => String.fromCharCode(0x100 + index))
  const expected = texts.map((text) => unit(meaning(text)))

  test('go in batches, and come back in their order', async () => {
    const { embedder, server } = await open([embeds()])
    expect(await passages(embedder, texts)).toEqual(expected)
    expect(
      inputsOf(server)
        .map(({ length }) => length)
        .sort(),
    ).toEqual([22, 64, 64])
  })

  test('go in smaller batches where they are long', async () => {
    const { embedder, server } = await open([embeds()])
    const long = ['a', 'b', 'c'].map((letter) => letter.repeat(20_000))
    await passages(embedder, ['x', ...long, 'y'.repeat(40_000)])
    expect(
      inputsOf(server)
        .map((input) => input.map(([first]) => first).join(''))
        .sort(),
    ).toEqual(['b', 'c', 'xa', 'y'])
  })

  test('two requests at a time, and a query beside them', async () => {
    const gate = new EventTarget()
    let held: (() => void)[] | null = []
    const hold: UpstreamReply = async (request, response, body) => {
      gate.dispatchEvent(new Event('request'))
      await new Promise<void>((resolve) => (held ? held.push(resolve) : resolve()))
      embeds()(request, response, body)
    }
    const { embedder, server } = await open([hold], { batch: 1 })
    async function arrivals(count: number) {
      while (server.requests.length < count) await once(gate, 'request')
    }
    const both = [passages(embedder, ['a', 'b']), passages(embedder, ['c', 'd'])]
    await arrivals(2)
    const asked = query(embedder, 'q')
    await arrivals(3)
    expect(inputsOf(server).flat().sort()).toEqual(['a', 'b', 'q'])
    held.shift()?.()
    await arrivals(4)
    const rest = held
    held = null
    for (const answer of rest) answer()
    await Promise.all([...both, asked])
    expect(inputsOf(server).flat().sort()).toEqual(['a', 'b', 'c', 'd', 'q'])
  })

  test('the first failure stops the rest', async () => {
    const { embedder, server } = await open([{ status: 401 }], { batch: 1 })
    await expect(passages(embedder, texts)).rejects.toThrow('check the key')
    expect(server.requests.length).toBeLessThanOrEqual(2)
  })
})

describe('more than the model takes', () => {
  test('as many texts as it refuses are sent in halves, and no more than that later', async () => {
    const refuse = (input: string[]) => (input.length > 10 ? refusal('batch size is invalid') : undefined)
    const { embedder, server } = await open([embeds({ refuse })])
    const texts = Array.from({ length: 40 }, (_, index) => `${index}`)
    expect(await passages(embedder, texts)).toEqual(texts.map((text) => unit(meaning(text))))
    expect(inputsOf(server).map(({ length }) => length)).toEqual([40, 20, 10, 10, 10, 10])
    await passages(embedder, texts.slice(0, 20))
    expect(inputsOf(server).slice(6)).toHaveLength(2)
  })

  test('a text that is too long gets the mean of its parts', async () => {
    const refuse = (input: string[]) =>
      input.some((text) => text.length > 300) ? refusal('the input length exceeds the context length') : undefined
    const { embedder, server, logged } = await open([embeds({ refuse })])
    const long = 'word '.repeat(100).trim() // 499 characters
    const [vector, short] = await passages(embedder, [long, 'brief'])
    const [before, after] = [long.slice(0, 249), long.slice(249)].map((part) => [...unit(meaning(part))])
    const mean = [0, 1, 2].map((axis) => 249 * (before?.[axis] ?? 0) + 250 * (after?.[axis] ?? 0))
    for (const [axis, value] of unit(mean).entries()) expect(vector?.[axis]).toBeCloseTo(value, 6)
    expect(short).toEqual(unit(meaning('brief')))
    expect(logged).toEqual([{ bytes: 499 }])

    const asked = server.requests.length
    await passages(embedder, [long, long])
    expect(inputsOf(server).slice(asked)).toEqual([
      [long.slice(0, 249), long.slice(249), long.slice(0, 249), long.slice(249)],
    ])
  })

  const words: [number, string][] = [
    [400, "This model's maximum context length is 8192 tokens, however you requested 10000 tokens."],
    [400, 'the input length exceeds the context length'],
    [500, 'input (992 tokens) is too large to process. increase the physical batch size (current batch size: 512)'],
    [413, 'Input validation error: `inputs` must have less than 512 tokens. Given: 1000'],
    [413, ''],
    [400, 'Too many tokens in batch. Max is 16384 got 17555'],
    [422, 'Input text is too long.'],
  ]
  test.each(words)('a %i that says "%s" is about length', async (status, message) => {
    const refuse = (input: string[]) => (input.some((text) => text.length > 100) ? refusal(message, status) : undefined)
    const { embedder } = await open([embeds({ refuse })])
    expect(await passages(embedder, ['x'.repeat(390)])).toHaveLength(1)
  })

  test('what is refused however short it is fails, and teaches nothing', async () => {
    const bad = 'x'.repeat(1000)
    const refuse = (input: string[]) => (input.some((text) => text.startsWith('x')) ? refusal('bad token') : undefined)
    const { embedder, server } = await open([embeds({ refuse })])
    await expect(passages(embedder, [bad])).rejects.toMatchObject({ code: 'invalid_prompt', message: 'bad token' })
    const before = server.requests.length
    await passages(embedder, ['y'.repeat(1000)])
    expect(server.requests.slice(before)).toHaveLength(1)
  })

  test('a refusal of a parameter is not tried with fewer texts', async () => {
    const body = { error: { message: 'does not support matryoshka', param: 'dimensions', code: null } }
    const { embedder, server } = await open([{ status: 400, body }])
    await expect(passages(embedder, ['a', 'b'])).rejects.toThrow('does not support matryoshka')
    expect(server.requests).toHaveLength(1)
  })
})

const one = (embedding: unknown) => ({ status: 200, body: { data: [{ index: 0, embedding }] } })
const nan = [1, Number.NaN, 0]

/** What the upstream does, and the end that this has for one text of three dimensions. */
const faults: { what: string; reply: UpstreamReply; message: string; code?: string; attempts?: number }[] = [
  { what: 'too few vectors', reply: { status: 200, body: { data: [] } }, message: '0 embeddings for 1 texts' },
  {
    what: 'too many vectors',
    reply: { status: 200, body: { data: [{ embedding: [1, 2, 3] }, { embedding: [1, 2, 3] }] } },
    message: '2 embeddings for 1 texts',
  },
  {
    what: 'indexes from 1',
    reply: { status: 200, body: { data: [{ index: 1, embedding: [1, 2, 3] }] } },
    message: 'in no order',
  },
  { what: 'too few dimensions', reply: one([1, 2]), message: 'a vector of 2 dimensions where 3 are expected' },
  { what: 'too many dimensions', reply: one(base64([1, 2, 3, 4])), message: 'a vector of 4 dimensions where 3' },
  { what: 'no dimensions', reply: one([]), message: 'a vector of 0 dimensions' },
  { what: 'half a number', reply: one('AAAAAAA='), message: 'not made of numbers' },
  { what: 'a NaN', reply: one(base64(nan)), message: 'of what is no number' },
  { what: 'an infinity', reply: one([1, 1e300, 1]), message: 'of what is no number' },
  { what: 'nulls in place of NaN', reply: one(nan), message: 'not made of numbers' },
  { what: 'zeros', reply: one([0, 0, 0]), message: 'a vector of zeros' },
  { what: 'a list of texts', reply: one(['1', '2', '3']), message: 'not made of numbers' },
  { what: 'JSON of another kind', reply: { status: 200, body: { hello: 1 } }, message: 'no list of embeddings' },
  { what: 'no JSON', reply: { status: 200, body: 'hello' }, message: 'no list of embeddings' },
  {
    what: 'a web page',
    reply: { status: 200, body: '<html>', headers: { 'content-type': 'text/html' } },
    message: 'usually ends in /v1',
  },
  {
    what: 'an error with status 200',
    reply: { status: 200, body: { error: { message: 'No provider', code: 404 } } },
    message: 'or no embeddings at its address',
  },
  { what: 'a 404', reply: { status: 404, body: { error: 'model "small" not found' } }, message: 'or no embeddings at' },
  {
    what: 'a key that is refused',
    reply: { status: 401, body: { error: { message: 'Incorrect API key: sk-secret' } } },
    message: 'check the key',
  },
  {
    what: 'a spent quota',
    reply: { status: 429, body: { error: { message: 'Quota exceeded', code: 'insufficient_quota' } } },
    code: 'rate_limit_exceeded',
    message: 'Quota exceeded',
  },
  { what: 'a rate limit', reply: { status: 429 }, code: 'rate_limit_exceeded', message: 'rate limit', attempts: 5 },
  { what: 'a 500', reply: { status: 500, body: { error: 'crashed' } }, message: 'crashed', attempts: 5 },
  { what: 'a 503 page of a proxy', reply: { status: 503, body: '<html>' }, message: '(HTTP 503)', attempts: 5 },
  { what: 'a socket closed without an answer', reply: { drop: true }, message: 'could not be reached', attempts: 5 },
  {
    what: 'a reply cut short',
    reply: (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      response.write('{"data": [', () => response.destroy())
    },
    message: 'cut short',
    attempts: 5,
  },
]

describe('faults', () => {
  test.each(faults)('$what', async ({ reply, code = 'server_error', message, attempts = 1 }) => {
    const { embedder, server } = await open([reply])
    const failure = await query(embedder, 'a').catch((error: unknown) => error)
    expect(failure).toMatchObject({ name: 'ModelFailure', code, message: expect.stringContaining(message) })
    expect(String(failure)).not.toContain('sk-secret')
    expect(server.requests).toHaveLength(attempts)
  })

  test('two vectors for the same text, and none for the other', async () => {
    const data = [
      { index: 0, embedding: [1, 2, 3] },
      { index: 0, embedding: [1, 2, 3] },
    ]
    const { embedder } = await open([{ status: 200, body: { data } }])
    await expect(passages(embedder, ['a', 'b'])).rejects.toThrow('REPRISE_EMBEDDING_BATCH=1')
  })

  test.each(['before head', 'after head'] as const)('an upstream that hangs %s is given up', async (hang) => {
    const { embedder, server } = await open([{ hang }], { idleTimeout: 60 })
    await expect(query(embedder, 'a')).rejects.toThrow('said nothing for 0.06 seconds')
    expect(server.requests).toHaveLength(1)
  })

  test('further attempts come after exponential waits, or when the upstream says', async () => {
    const later = { status: 429, headers: { 'retry-after': '7' } }
    const { embedder, waits, logged } = await open([{ status: 503 }, later, { drop: true }, embeds()])
    expect(await query(embedder, 'a')).toEqual([unit(meaning('a'))])
    expect(waits).toEqual([375, 7000, 1500])
    expect(logged).toHaveLength(3)
    expect(JSON.stringify(logged)).not.toContain('sk-secret')
  })
})

describe('an aborted call', () => {
  const enough = new Error('enough')

  test('that was aborted before it began asks nobody', async () => {
    const { embedder, server } = await open([embeds()])
    await expect(query(embedder, 'a', AbortSignal.abort(enough))).rejects.toBe(enough)
    expect(server.requests).toEqual([])
  })

  test('ends at once, with the requests under way and those that wait their turn', async () => {
    let arrived = () => {}
    const both = new Promise<void>((resolve) => {
      let count = 0
      arrived = () => (++count === 2 ? resolve() : undefined)
    })
    const { embedder, server } = await open([() => arrived()], { batch: 1 })
    const { signal, abort } = abortable()
    const calls = [passages(embedder, ['a', 'b'], signal), passages(embedder, ['c', 'd'], signal)]
    const ends = Promise.all(calls.map((call) => call.catch((error: unknown) => error)))
    await both
    const start = performance.now()
    abort(enough)
    expect(await ends).toEqual([enough, enough])
    expect(performance.now() - start).toBeLessThan(100)
    await Promise.all(server.requests.map(({ closed }) => closed))
    expect(server.requests).toHaveLength(2)
  })

  test('leaves its place to others', async () => {
    const gate = new EventTarget()
    const { embedder } = await open(
      [() => void gate.dispatchEvent(new Event('request')), { hang: 'before head' }, embeds()],
      { batch: 1 },
    )
    const { signal, abort } = abortable()
    const arrived = once(gate, 'request')
    const first = passages(embedder, ['a', 'b'], signal)
    const end = first.catch((error: unknown) => error)
    await arrived
    const second = passages(embedder, ['c', 'd', 'e'])
    await setImmediate()
    abort(enough)
    expect(await end).toBe(enough)
    expect(await second).toHaveLength(3)
  })
})

function abortable() {
  const controller = new AbortController()
  return { signal: controller.signal, abort: (reason: Error) => controller.abort(reason) }
}
