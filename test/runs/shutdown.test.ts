import { once } from 'node:events'
import { Agent, type ClientRequest, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { readEventStream } from '../support/event-stream.ts'
import { FakeModel } from '../support/fake-model.ts'
import { startServer, type TestServer } from '../support/start-server.ts'
import { checkStream } from '../support/stream-grammar.ts'

async function stream({ baseURL, client }: TestServer) {
  const assistant = await client.beta.assistants.create({ model: 'gpt-4o' })
  const response = await fetch(`${baseURL}/threads/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      assistant_id: assistant.id,
      thread: { messages: [{ role: 'user', content: 'Hi' }] },
      stream: true,
    }),
  })
  return readEventStream(response)
}

describe('a server that stops', () => {
  it('ends every stream with `done`, of runs at work and of runs that wait, and is gone', async () => {
    const model = new FakeModel(() => 'Hello my dear friend')
    model.hold({ after: 2 })
    await using server = await startServer({ model, env: { REPRISE_GRACE_SECONDS: '0', REPRISE_MAX_RUNS: '1' } })
    const working = stream(server)
    await model.held()
    const waiting = stream(server)
    const [answered] = await Promise.all([server.client.beta.assistants.list(), waitingFor(server, 'waiting_jobs', 1)])
    expect(answered.data).not.toEqual([])
    const begun = performance.now()
    await server.server.stop()
    expect(performance.now() - begun).toBeLessThan(1000)
    const names = async (events: typeof working) => (await events).map(({ event }) => event)
    expect((await names(working)).slice(-3)).toEqual(['thread.message.delta', 'error', 'done'])
    expect(await names(waiting)).toEqual(['thread.created', 'thread.run.created', 'thread.run.queued', 'error', 'done'])
    await expect(fetch(`${server.baseURL}/assistants`)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
  })

  it('lets runs finish within the grace, and does not wait for the connections that their clients keep', async () => {
    const model = new FakeModel(() => 'Hello my dear friend')
    model.hold({ after: 2 })
    await using server = await startServer({ model, env: { REPRISE_GRACE_SECONDS: '10' } })
    const working = stream(server)
    await model.held()
    const stopped = server.server.stop()
    model.release()
    const begun = performance.now()
    expect(checkStream(await working).run.status).toBe('completed')
    await stopped
    expect(performance.now() - begun).toBeLessThan(1000)
  })

  it('answers what still comes in over a connection that was busy, and then closes it', async () => {
    const slow = Promise.withResolvers<string>()
    const model = new FakeModel(() => slow.promise)
    await using server = await startServer({ model, env: { REPRISE_GRACE_SECONDS: '10' } })
    using agent = keptConnection()
    const upload = request(`${server.baseURL}/threads`, { method: 'POST', agent })
    upload.write('{')
    const working = stream(server)
    await waitingFor(server, 'running_runs', 1)
    const stopped = server.server.stop()
    const uploaded = answerTo(upload)
    upload.end('}')
    expect(await uploaded).toEqual([200, 'close'])
    await expect(answerTo(request(`${server.baseURL}/models`, { agent }).end())).rejects.toThrow(/ECONNREFUSED/)
    slow.resolve('Hello')
    expect(checkStream(await working).run.status).toBe('completed')
    await stopped
  })
})

function keptConnection(): Agent & Disposable {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return Object.assign(agent, { [Symbol.dispose]: () => agent.destroy() })
}

/** Status and `connection` header of the reply, once all of it is there. */
async function answerTo(asked: ClientRequest): Promise<[number | undefined, string | undefined]> {
  const [response] = await once(asked, 'response')
  await text(response)
  return [response.statusCode, response.headers.connection]
}

async function waitingFor({ server }: TestServer, fact: 'waiting_jobs' | 'running_runs', count: number): Promise<void> {
  for (;;) {
    const health = await fetch(`${server.url}/health`)
    if (((await health.json()) as { [fact: string]: unknown })[fact] === count) return
  }
}
