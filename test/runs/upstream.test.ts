import type OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import {
  type LoopbackUpstream,
  startUpstream,
  type UpstreamReply,
  type UpstreamRequest,
} from '../support/loopback-upstream.ts'
import { until } from '../support/open-application.ts'
import { startServer, type TestServer } from '../support/start-server.ts'

/** Says one word and then nothing more. */
const oneWord: UpstreamReply = (_, response) => {
  const chunk = { choices: [{ index: 0, delta: { content: 'Hello' }, finish_reason: null }] }
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`data: ${JSON.stringify(chunk)}\n\n`)
}

const silences: Record<string, UpstreamReply> = {
  'in the middle of its reply': oneWord,
  'before its reply': { hang: 'before head' },
  'between head and reply': { hang: 'after head' },
}

async function startWith(upstream: LoopbackUpstream, env: Record<string, string> = {}): Promise<TestServer> {
  return startServer({ env: { REPRISE_UPSTREAM_URL: upstream.url, ...env } })
}

async function createRun({ client }: TestServer): Promise<OpenAI.Beta.Threads.Run> {
  const assistant = await client.beta.assistants.create({ model: 'any' })
  const thread = { messages: [{ role: 'user' as const, content: 'Hi' }] }
  return client.beta.threads.createAndRun({ assistant_id: assistant.id, thread })
}

/** The model calls that have arrived, once there are so many. */
async function modelCalls({ requests }: LoopbackUpstream, count = 1): Promise<readonly UpstreamRequest[]> {
  const calls = () => requests.filter(({ path }) => path.endsWith('/chat/completions'))
  await until(() => calls().length >= count)
  return calls()
}

async function ended({ client }: TestServer, { id, thread_id }: OpenAI.Beta.Threads.Run) {
  return client.beta.threads.runs.poll(id, { thread_id }, { pollIntervalMs: 5 })
}

describe.each(Object.keys(silences))('an upstream that falls silent %s', (silence) => {
  it('is let go within a tenth of a second of a cancel', async () => {
    await using upstream = await startUpstream(silences[silence] ?? oneWord)
    await using server = await startWith(upstream)
    const times: number[] = []
    for (let call = 1; call <= 5; call++) {
      const run = await createRun(server)
      const calls = await modelCalls(upstream, call)
      const begun = performance.now()
      await server.client.beta.threads.runs.cancel(run.id, { thread_id: run.thread_id })
      await calls.at(-1)?.closed
      times.push(performance.now() - begun)
      expect((await ended(server, run)).status).toBe('cancelled')
    }
    expect(Math.min(...times)).toBeLessThan(100) // the others tell what else this machine has to do
  })

  it('is let go when the run expires', async () => {
    await using upstream = await startUpstream(silences[silence] ?? oneWord)
    await using server = await startWith(upstream, { REPRISE_RUN_EXPIRES_AFTER: '3' }) // time enough to get there on a busy machine
    const run = await createRun(server)
    const [call] = await modelCalls(upstream)
    expect((await ended(server, run)).status).toBe('expired')
    await call?.closed
  })
})

it('a run is cancelled while it waits for another attempt', async () => {
  const busy = { status: 429, headers: { 'retry-after': '30' }, body: { error: { message: 'Slow down' } } }
  await using upstream = await startUpstream(busy)
  await using server = await startWith(upstream)
  const run = await createRun(server)
  await modelCalls(upstream)
  await server.client.beta.threads.runs.cancel(run.id, { thread_id: run.thread_id })
  expect((await ended(server, run)).status).toBe('cancelled')
  expect(await modelCalls(upstream)).toHaveLength(1)
})
