import { expect, test } from 'vitest'
import type { Run } from '../../src/api/run.ts'
import { readEventStream } from '../support/event-stream.ts'
import { FakeModel } from '../support/fake-model.ts'
import { FakeSandbox } from '../support/fake-sandbox.ts'
import { startServer, type TestServer } from '../support/start-server.ts'
import { checkStream } from '../support/stream-grammar.ts'
import { openConversation, outputsFor } from './scene.ts'
import { streamScenarios } from './stream-scenarios.ts'

// What the clients make of these is in `streams.test.ts`; here it is what stands on the wire, `done` included.
test.each(streamScenarios)('on the wire: $name', async ({ turns, code, cancelAfter, ends }) => {
  const model = new FakeModel(turns)
  await using server = await startServer({ model, sandbox: new FakeSandbox() })
  if (cancelAfter !== undefined) model.hold({ after: cancelAfter })
  const { thread_id, assistant_id } = await openConversation(server.client, { code })
  const reply = await post(server, `/threads/${thread_id}/runs`, { assistant_id, stream: true })
  if (cancelAfter !== undefined) {
    await model.held()
    const { data } = await server.client.beta.threads.runs.list(thread_id)
    await server.client.beta.threads.runs.cancel(data[0]?.id ?? '', { thread_id })
  }
  const run = await readToTheEnd(server, reply)
  expect(run.status).toBe(ends)
})

test('on the wire: expired in the middle of a text', async () => {
  const model = new FakeModel(['One two three.'])
  model.hold({ after: 1 })
  await using server = await startServer({ model, env: { REPRISE_RUN_EXPIRES_AFTER: '3' } })
  const { thread_id, assistant_id } = await openConversation(server.client)
  const run = await readToTheEnd(
    server,
    await post(server, `/threads/${thread_id}/runs`, { assistant_id, stream: true }),
  )
  expect(run).toMatchObject({ status: 'expired', expires_at: null, completed_at: null })
  expect(run.usage).not.toBeNull()
})

test('on the wire: a reader that comes late gets fewer, larger pieces of the same text', async () => {
  const words = 60_000
  await using server = await startServer({ model: new FakeModel([`${'word '.repeat(words)}end`]) })
  const { thread_id, assistant_id } = await openConversation(server.client)
  const reply = await post(server, `/threads/${thread_id}/runs`, { assistant_id, stream: true })
  const { runs } = server.client.beta.threads
  const [started] = (await runs.list(thread_id)).data
  await runs.poll(started?.id ?? '', { thread_id })
  const events = await readEventStream(reply)
  const [message] = checkStream(events).messages
  expect(message?.content[0]).toMatchObject({ text: { value: `${'word '.repeat(words)}end` } })
  expect(events.length).toBeLessThan(words)
})

test('a poll helper is told when to ask again', async () => {
  await using server = await startServer({ model: new FakeModel(['Sunny.']) })
  const { thread_id, assistant_id } = await openConversation(server.client)
  const { runs } = server.client.beta.threads
  const { id } = await runs.create(thread_id, { assistant_id })
  const { response } = await runs.retrieve(id, { thread_id }).withResponse()
  expect(Number(response.headers.get('openai-poll-after-ms'))).toBeLessThanOrEqual(500)
})

async function readToTheEnd(server: TestServer, reply: Response): Promise<Run> {
  const { run } = checkStream(await readEventStream(reply))
  if (run.status !== 'requires_action') return run
  const path = `/threads/${run.thread_id}/runs/${run.id}/submit_tool_outputs`
  return readToTheEnd(server, await post(server, path, { tool_outputs: outputsFor(run), stream: true }))
}

function post({ baseURL }: TestServer, path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(baseURL + path, { method: 'POST', headers, body: JSON.stringify(body) })
}
