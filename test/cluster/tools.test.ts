import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FunctionTool } from 'openai/resources/beta/assistants'
import { toFile } from 'openai/uploads'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureSandbox } from '../../scripts/ensure-sandbox.ts'
import type { StreamEvent } from '../../src/api/stream-event.ts'
import { readEventStream } from '../support/event-stream.ts'
import { FakeModel, type FakeTurn } from '../support/fake-model.ts'
import { FakeSandbox } from '../support/fake-sandbox.ts'
import { noPostgres, startPostgres } from '../support/postgres.ts'
import { startServer, type TestServer } from '../support/start-server.ts'
import { checkStream } from '../support/stream-grammar.ts'
import { until } from './start-cluster.ts'

const sandbox = await ensureSandbox()
const tools = [{ type: 'code_interpreter' as const }]
const saved = '/mnt/data/seen.txt'

describe.skipIf(noPostgres)('tools on several nodes', { timeout: 60_000 }, () => {
  const ending = new AsyncDisposableStack()
  let shared: Record<string, string>

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'reprise-cluster-'))
    ending.defer(() => rm(folder, { recursive: true, force: true }))
    const postgres = ending.use(await startPostgres())
    shared = { REPRISE_DATABASE_URL: await postgres.create(), REPRISE_BLOBS: `disk:${folder}` }
  })
  afterAll(() => ending.disposeAsync())

  it('a file that is deleted on one is found on no other from then on', async () => {
    await using here = await startServer({ env: shared })
    await using there = await startServer({ env: shared })
    const { files, vectorStores } = here.client
    const content = await toFile(Buffer.from('Herons nest in the reeds.'), 'birds.txt')
    const file = await files.create({ file: content, purpose: 'assistants' })
    const other = await toFile(Buffer.from('Herons eat frogs.'), 'frogs.txt')
    const store = await vectorStores.create({ name: 'birds' })
    await vectorStores.files.createAndPoll(store.id, { file_id: file.id })
    await vectorStores.files.uploadAndPoll(store.id, other)
    const foundAt = async ({ client }: TestServer) => {
      const { data } = await client.vectorStores.search(store.id, { query: 'herons' })
      return data.map(({ filename }) => filename).sort()
    }
    for (const node of [there, here, there]) expect(await foundAt(node)).toEqual(['birds.txt', 'frogs.txt'])
    await files.delete(file.id)
    for (const node of [there, here]) expect(await foundAt(node)).toEqual(['frogs.txt'])
  })

  describe.skipIf('missing' in sandbox)('Python', () => {
    const write = code('seen = 1', `open("${saved}", "w").write("kept")`)
    const setUp: FakeTurn[] = [write, 'Done.']
    const look: FakeTurn[] = [code(`print(open("${saved}").read(), "seen" in globals())`), 'Looked.']

    it('goes on where it lives, whichever node takes the run, and elsewhere only when that is gone', async () => {
      const home = await startPython([...setUp, ...look])
      const thread_id = await firstRun(home)
      await using away = await startPython(look)
      const told = await streamedRun(away, thread_id)
      expect(checkStream(told).run.status).toBe('completed')
      expect(printed(told)).toBe('kept True\n')
      expect([home.model.requests.length, away.model.requests.length]).toEqual([4, 0])

      await home[Symbol.asyncDispose]()
      const after = await streamedRun(away, thread_id)
      expect(printed(after)).toBe('kept False\n')
      expect(JSON.stringify(away.model.requests[1])).toContain('Python was started anew')
    })

    it('takes up submitted outputs where it lives', async () => {
      const ask = { type: 'function' as const, function: { name: 'ask' } }
      await using home = await startPython([write, { call: 'ask', arguments: {} }, ...look])
      const { client } = home
      const assistant_id = await assistantAt(home, ask)
      const { id: thread_id } = await client.beta.threads.create({ messages: [{ role: 'user', content: 'Ask.' }] })
      const { runs } = client.beta.threads
      const run = await runs.createAndPoll(thread_id, { assistant_id }, { pollIntervalMs: 20 })
      await using away = await startPython()
      const calls = run.required_action?.submit_tool_outputs.tool_calls ?? []
      const tool_outputs = calls.map(({ id }) => ({ tool_call_id: id, output: 'yes' }))
      const told = await eventsOf(away, `threads/${thread_id}/runs/${run.id}/submit_tool_outputs`, { tool_outputs })
      expect(checkStream(told).run.status).toBe('completed')
      expect(printed(told)).toBe('kept True\n')
      expect(away.model.requests).toEqual([])
    })

    it('goes on elsewhere when the node where it lives has no room', async () => {
      await using home = await startPython(setUp, { REPRISE_MAX_RUNS: '1' })
      const thread_id = await firstRun(home)
      home.model.hold()
      home.model.answer('Held.')
      const thread = { messages: [{ role: 'user' as const, content: 'Hold.' }] }
      await home.client.beta.threads.createAndRun({ assistant_id: await assistantAt(home), thread })
      await home.model.held(1)
      await using away = await startPython(look)
      expect(printed(await streamedRun(away, thread_id))).toBe('kept False\n')
      home.model.release()
    })
  })

  it('Python ends with its thread, wherever that is deleted', async () => {
    const sandbox = new FakeSandbox()
    const model = new FakeModel([code('set seen 1'), 'Done.'])
    await using home = await startServer({ env: shared, model, sandbox })
    await using door = await startServer({ env: { ...shared, REPRISE_ROLE: 'api' }, model: new FakeModel() })
    const thread_id = await firstRun(home)
    const ended = () => sandbox.sessions.filter(({ over }) => over !== undefined).length
    expect(ended()).toBe(0)
    await door.client.beta.threads.delete(thread_id)
    await until(() => ended() === 1)
  })

  async function startPython(turns: readonly FakeTurn[] = [], env: Record<string, string> = {}): Promise<PythonNode> {
    const model = new FakeModel(turns)
    return { ...(await startServer({ env: { ...shared, REPRISE_SANDBOX: 'bubblewrap', ...env }, model })), model }
  }
})

interface PythonNode extends TestServer {
  readonly model: FakeModel
}

function code(...lines: string[]) {
  return { call: 'code_interpreter', arguments: { code: lines.join('\n') } }
}

async function assistantAt({ client }: TestServer, ...more: FunctionTool[]): Promise<string> {
  return (await client.beta.assistants.create({ model: 'any', tools: [...tools, ...more] })).id
}

/** A run on a new thread, carried out by this node as it takes it; answers the thread. */
async function firstRun(node: TestServer): Promise<string> {
  const thread = { messages: [{ role: 'user' as const, content: 'Begin.' }] }
  const assistant_id = await assistantAt(node)
  const run = await node.client.beta.threads.createAndRunPoll({ assistant_id, thread }, { pollIntervalMs: 20 })
  expect(run.status).toBe('completed')
  return run.thread_id
}

/** The next run of a thread, taken by this node. */
async function streamedRun(node: TestServer, thread_id: string): Promise<StreamEvent[]> {
  return eventsOf(node, `threads/${thread_id}/runs`, { assistant_id: await assistantAt(node) })
}

async function eventsOf({ baseURL }: TestServer, path: string, request: object): Promise<StreamEvent[]> {
  const body = JSON.stringify({ ...request, stream: true })
  const headers = { 'content-type': 'application/json', 'openai-beta': 'assistants=v2' }
  return readEventStream(await fetch(`${baseURL}/${path}`, { method: 'POST', headers, body }))
}

/** What code has printed, as the completed steps show it. */
function printed(events: readonly StreamEvent[]): string {
  return events
    .flatMap(({ event, data }) => (event === 'thread.run.step.completed' ? [data.step_details] : []))
    .flatMap((details) => (details.type === 'tool_calls' ? details.tool_calls : []))
    .flatMap((call) => (call.type === 'code_interpreter' ? call.code_interpreter.outputs : []))
    .map((output) => (output.type === 'logs' ? output.logs : ''))
    .join('')
}
