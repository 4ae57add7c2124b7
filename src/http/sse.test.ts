import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createFakeApp, fakeRun, posting, tokenEvent } from '../../test/support/fake-app.ts'
import type { StreamEvent } from '../api/stream-event.ts'
import { streamEvents } from './sse.ts'

const done: StreamEvent = { event: 'done', data: '[DONE]' }
const doneFrame = 'event: done\ndata: [DONE]\n\n'
const report = vi.fn()

afterEach(() => {
  vi.useRealTimers()
  report.mockReset()
})

/** Events that are handed over one by one, by the test. */
function createSource() {
  const waiting = Promise.withResolvers<void>()
  let asked = Promise.withResolvers<(next: IteratorResult<StreamEvent>) => void>()
  let reads = 0
  let signal: AbortSignal | undefined
  let returned = false
  const follow = (given: AbortSignal): AsyncIterable<StreamEvent> => {
    signal = given
    waiting.resolve()
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          reads++
          return new Promise((resolve) => asked.resolve(resolve))
        },
        return: async () => {
          returned = true
          return { done: true, value: undefined }
        },
      }),
    }
  }
  return {
    follow,
    get reads() {
      return reads
    },
    get signal() {
      return signal
    },
    get returned() {
      return returned
    },
    async say(event: StreamEvent) {
      const resolve = await asked.promise
      asked = Promise.withResolvers()
      resolve({ done: false, value: event })
    },
  }
}

function readerOf(response: Response) {
  const reader = response.body?.getReader()
  return {
    read: async () => {
      const next = await reader?.read()
      return next?.value === undefined ? null : new TextDecoder().decode(next.value)
    },
    cancel: () => reader?.cancel(),
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

test('headers that keep proxies from buffering', async () => {
  const response = streamEvents(fakeRun([done]).events, { report })
  expect(Object.fromEntries(response.headers)).toEqual({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
  })
  expect(await response.text()).toBe(doneFrame)
})

test('events that are ready together go out in one chunk', async () => {
  const events = [...Array.from({ length: 50 }, () => tokenEvent('a')), done]
  const reader = readerOf(streamEvents(fakeRun(events).events, { report }))
  const first = (await reader.read()) ?? ''
  expect(first.split('event: ').length - 1).toBeGreaterThan(40)
})

test('an event that comes alone goes out at once', async () => {
  const source = createSource()
  const reader = readerOf(streamEvents(source.follow, { report }))
  const chunk = reader.read()
  await source.say(tokenEvent('Hi'))
  expect(await chunk).toContain('"value":"Hi"')
})

test('a chunk has an end, however much is ready', async () => {
  const events = Array.from({ length: 100 }, () => tokenEvent('x'.repeat(10_000)))
  const reader = readerOf(streamEvents(fakeRun([...events, done]).events, { report }))
  let text = ''
  for (let chunk = await reader.read(); chunk !== null; chunk = await reader.read()) {
    expect(chunk.length).toBeLessThan(100_000)
    text += chunk
  }
  expect(text.match(/"value":"x{10000}"/g)).toHaveLength(100)
  expect(text.endsWith(doneFrame)).toBe(true)
})

test('nothing is read from the source while the client takes nothing', async () => {
  const source = createSource()
  const reader = readerOf(streamEvents(source.follow, { report }))
  await turn()
  expect(source.reads).toBe(0)
  const chunk = reader.read()
  await source.say(tokenEvent('1'))
  await chunk
  await source.say(tokenEvent('2')) // was asked for before the first went out
  await turn()
  expect(source.reads).toBe(2)
  expect(await reader.read()).toContain('"value":"2"')
  expect(source.reads).toBe(3)
})

describe('a silent stream', () => {
  test('says so every 15 seconds, as long as someone listens', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const source = createSource()
    const reader = readerOf(streamEvents(source.follow, { report }))
    for (let times = 0; times < 3; times++) {
      const chunk = reader.read()
      await turn()
      vi.advanceTimersByTime(14_999)
      await expect(Promise.race([chunk, turn().then(() => 'silence')])).resolves.toBe('silence')
      vi.advanceTimersByTime(1)
      expect(await chunk).toBe(': keep-alive\n\n')
    }
    vi.advanceTimersByTime(60_000)
    const chunk = reader.read()
    await source.say(tokenEvent('Hi'))
    expect(await chunk).toMatch(/^event: thread.message.delta/)
  })

  test('has no timer left at its end', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await streamEvents(fakeRun([done]).events, { report }).text()
    const reader = readerOf(streamEvents(createSource().follow, { report }))
    await reader.cancel()
    expect(vi.getTimerCount()).toBe(0)
  })
})

test('a client that goes away stops the following, and no more', async () => {
  const source = createSource()
  const reader = readerOf(streamEvents(source.follow, { report }))
  const chunk = reader.read()
  await source.say(tokenEvent('1'))
  await chunk
  await reader.cancel()
  expect(source.signal?.aborted).toBe(true)
  expect(source.returned).toBe(true)
  await source.say(tokenEvent('2')) // what was under way goes nowhere
  expect(report).not.toHaveBeenCalled()
})

test('a stream that breaks is reported and ends with an error and done', async () => {
  const failure = new Error('lost')
  async function* events() {
    yield tokenEvent('Hi')
    throw failure
  }
  const text = await streamEvents(events, { report }).text()
  expect(text.match(/event: (\S+)/g)).toEqual(['event: thread.message.delta', 'event: error', 'event: done'])
  expect(report.mock.calls).toEqual([[failure]])
})

test('a follower that gives up because the client left is no failure', async () => {
  const aborted = Promise.withResolvers<void>()
  const follow = (signal: AbortSignal): AsyncIterable<StreamEvent> => ({
    [Symbol.asyncIterator]: () => ({
      next: () =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reject(signal.reason)
            aborted.resolve()
          })
        }),
    }),
  })
  const reader = readerOf(streamEvents(follow, { report }))
  const chunk = reader.read()
  await turn() // until the follower waits
  await reader.cancel()
  await aborted.promise
  expect(await chunk).toBeNull()
  expect(report).not.toHaveBeenCalled()
})

describe('through the app', () => {
  const body = { assistant_id: 'asst_1', stream: true }

  test.each([
    ['/v1/threads/runs', body],
    ['/v1/threads/thread_1/runs', body],
    ['/v1/threads/thread_1/runs/run_1/submit_tool_outputs', { tool_outputs: [], stream: true }],
  ])('POST %s with `stream`', async (path, sent) => {
    const response = await createFakeApp().app.request(path, posting(sent))
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('x-request-id')).toMatch(/^req_/)
    expect(await response.text()).toBe(doneFrame)
  })

  test('a broken stream is logged with its request id', async () => {
    const failure = new Error('lost')
    const { app, errors } = createFakeApp({
      services: {
        runs: {
          create: async () => ({
            run: '',
            // biome-ignore lint/correctness/useYield: it fails first
            async *events() {
              throw failure
            },
          }),
        },
      },
    })
    const response = await app.request('/v1/threads/thread_1/runs', posting(body))
    expect(await response.text()).toContain('event: error')
    const request_id = response.headers.get('x-request-id')
    expect(errors).toEqual([{ fields: { err: failure, request_id }, message: 'stream failed' }])
  })

  test('over the wire, a client that goes away aborts its follower', async () => {
    const gone = Promise.withResolvers<void>()
    async function* events(signal: AbortSignal): AsyncGenerator<StreamEvent> {
      yield tokenEvent('Hi')
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))).catch(() => {
        gone.resolve()
      })
    }
    const { app } = createFakeApp({ services: { runs: { create: async () => ({ run: '', events }) } } })
    const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const leaving = new AbortController()
    const url = `http://127.0.0.1:${port}/v1/threads/thread_1/runs`
    const response = await fetch(url, { ...posting(body), signal: leaving.signal })
    const first = await response.body?.getReader().read()
    expect(Buffer.from(first?.value ?? []).toString()).toContain('"value":"Hi"')
    leaving.abort()
    await gone.promise
    server.close()
    server.closeAllConnections()
  })
})
