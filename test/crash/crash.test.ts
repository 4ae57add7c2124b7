import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from './free-port.ts'
import { randomFrom } from './random.ts'
import { startProcess } from './server-process.ts'
import { type CrashUpstream, expectedAnswer, expectedText, startUpstream } from './upstream.ts'

const killedRunsWanted = 200
const runsPerRound = 12
const maxRounds = 60
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000)

type Run = OpenAI.Beta.Threads.Run

/** What the server has acknowledged about one run, and so may never lose. */
interface Acknowledged {
  thread_id: string
  question: string
  /** Called once the run is created. */
  onCreated?: () => void
  run_id?: string
  outputs?: string[]
  /** What the run was said to be when it was cancelled. */
  cancelled?: Run['status']
  /** The server died before the run was over. */
  interrupted?: boolean
}

describe('a server that is killed at any moment', () => {
  let dataDir: string
  let upstream: CrashUpstream
  let port: number
  let client: OpenAI
  let env: Record<string, string>
  const random = randomFrom(seed)

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'reprise-crash-'))
    upstream = await startUpstream()
    port = await freePort()
    env = { REPRISE_DATA_DIR: dataDir, REPRISE_UPSTREAM_URL: upstream.url, REPRISE_MAX_RUNS: '8' }
    client = new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'test', maxRetries: 0, timeout: 10_000 })
  })

  afterAll(async () => {
    await upstream[Symbol.asyncDispose]()
    await rm(dataDir, { recursive: true, force: true })
  })

  it(`recovers from ${killedRunsWanted} runs cut at random points (CRASH_SEED=${seed})`, {
    timeout: 240_000,
  }, async () => {
    const all: Acknowledged[] = []
    let assistant_id: string | undefined
    let cut = 0
    for (let round = 0; cut < killedRunsWanted && round < maxRounds; round++) {
      const server = await startProcess(port, env)
      assistant_id ??= (await client.beta.assistants.create({ model: 'crash', tools: [ask] })).id
      // However slow the machine is, some runs are there when the server dies.
      const created = countdown(Math.floor(random() * runsPerRound))
      const work = Array.from({ length: runsPerRound }, (_, index) => {
        const kind = random() < 0.5 ? 'text' : 'call'
        const question = `${kind}-${round}-${index}`
        const acknowledged: Acknowledged = { thread_id: '', question, onCreated: created.count }
        return play(client, assistant_id as string, acknowledged, random()).then(
          () => acknowledged,
          () => ({ ...acknowledged, interrupted: true }), // what was acknowledged before the server died counts
        )
      })
      await created.over
      await new Promise((resolve) => setTimeout(resolve, random() * 120))
      await server.kill('SIGKILL')
      const played: Acknowledged[] = await Promise.all(work)
      all.push(...played)
      cut += played.filter((one) => one.interrupted && one.run_id !== undefined).length
    }
    expect(cut).toBeGreaterThanOrEqual(killedRunsWanted)

    const server = await startProcess(port, env)
    for (const one of all) await check(client, one)
    expect(await server.kill('SIGTERM')).toBe(0)
  })

  it('finishes what runs when it is asked to stop, and loses nothing that does not', { timeout: 60_000 }, async () => {
    const first = await startProcess(port, { ...env, REPRISE_GRACE_SECONDS: '0' })
    const assistant = await client.beta.assistants.create({ model: 'crash', tools: [ask] })
    const runs = await Promise.all(
      Array.from({ length: 20 }, async (_, index): Promise<Acknowledged> => {
        const question = `text-stop-${index}`
        const run = await client.beta.threads.createAndRun({
          assistant_id: assistant.id,
          thread: { messages: [{ role: 'user', content: question }] },
        })
        return { question, thread_id: run.thread_id, run_id: run.id }
      }),
    )
    expect(await first.kill('SIGTERM')).toBe(0)
    const second = await startProcess(port, env)
    for (const one of runs) await check(client, one)
    await second.kill('SIGKILL')
  })

  it('ends open streams when it is asked to stop, and ends by itself though connections are kept', async () => {
    const server = await startProcess(port, { ...env, REPRISE_GRACE_SECONDS: '0' })
    const assistant = await client.beta.assistants.create({ model: 'crash' })
    const streams = Array.from({ length: 20 }, async (_, index) => {
      const stream = await client.beta.threads.createAndRun({
        assistant_id: assistant.id,
        stream: true,
        thread: { messages: [{ role: 'user', content: `text-stream-${index}` }] },
      })
      opened[index]?.resolve()
      const names: string[] = []
      try {
        for await (const { event } of stream) names.push(event)
      } catch (error) {
        names.push(error instanceof OpenAI.APIError ? 'error' : String(error))
      }
      return names
    })
    const opened = streams.map(() => Promise.withResolvers<void>())
    await Promise.all(opened.map(({ promise }) => promise))
    const begun = performance.now()
    expect(await server.kill('SIGTERM')).toBe(0)
    expect(performance.now() - begun).toBeLessThan(3000)
    for (const names of await Promise.all(streams)) expect(['error', 'thread.run.completed']).toContain(names.at(-1))
  })
})

const ask = { type: 'function' as const, function: { name: 'ask' } }

/** One program against the server, noting what it was told. Rejects when the server goes away. */
async function play(client: OpenAI, assistant_id: string, known: Acknowledged, chance: number): Promise<void> {
  const thread = await client.beta.threads.create({ messages: [{ role: 'user', content: known.question }] })
  known.thread_id = thread.id
  const created = await client.beta.threads.runs.create(thread.id, { assistant_id })
  known.run_id = created.id
  known.onCreated?.()
  if (chance < 0.15) {
    const { status } = await client.beta.threads.runs.cancel(created.id, { thread_id: thread.id })
    known.cancelled = status
  }
  const run = await settled(client, created)
  if (run.status !== 'requires_action') return
  const outputs = outputsFor(run)
  await client.beta.threads.runs.submitToolOutputs(run.id, { thread_id: thread.id, tool_outputs: outputs })
  known.outputs = outputs.map(({ output }) => output)
  await settled(client, run)
}

/** `over` resolves when `count` was called so many times. */
function countdown(times: number): { count: () => void; over: Promise<void> } {
  const over = Promise.withResolvers<void>()
  let left = times
  function count(): void {
    if (left-- <= 0) over.resolve()
  }
  count()
  return { count, over: over.promise }
}

function outputsFor(run: Run) {
  const calls = run.required_action?.submit_tool_outputs.tool_calls ?? []
  return calls.map((call, index) => ({ tool_call_id: call.id, output: `${run.id}:${index}` }))
}

async function settled(client: OpenAI, { id, thread_id }: Run): Promise<Run> {
  for (;;) {
    const run = await client.beta.threads.runs.retrieve(id, { thread_id })
    if (!['queued', 'in_progress', 'cancelling'].includes(run.status)) return run
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
}

/** Every promise that the server made about this run. */
async function check(client: OpenAI, known: Acknowledged): Promise<void> {
  const { thread_id, question } = known
  if (!thread_id) return
  const messages = await client.beta.threads.messages.list(thread_id, { order: 'asc' })
  expect(messages.data[0]?.content).toMatchObject([{ type: 'text', text: { value: question } }])
  if (known.run_id === undefined) return

  let run = await settled(client, await client.beta.threads.runs.retrieve(known.run_id, { thread_id }))
  if (known.cancelled) {
    // A run that was still at work may have been done first.
    expect(known.cancelled === 'cancelled' ? ['cancelled'] : ['cancelled', 'completed']).toContain(run.status)
  }
  if (run.status === 'requires_action') {
    expect(known.outputs).toBeUndefined() // acknowledged outputs were applied
    const outputs = outputsFor(run)
    await client.beta.threads.runs.submitToolOutputs(run.id, { thread_id, tool_outputs: outputs })
    known.outputs = outputs.map(({ output }) => output)
    run = await settled(client, run)
  }
  // A cancel that was not acknowledged may have been carried out all the same.
  if (run.status !== 'cancelled') expect(run.status).toBe('completed')
  await checkRecord(client, run, known)
}

async function checkRecord(client: OpenAI, run: Run, { question, outputs }: Acknowledged): Promise<void> {
  const { data: steps } = await client.beta.threads.runs.steps.list(run.id, { thread_id: run.thread_id, order: 'asc' })
  for (const step of steps) expect(step.status).not.toBe('in_progress')
  const total = steps.reduce((sum, step) => sum + (step.usage?.total_tokens ?? 0), 0)
  expect(run.usage?.total_tokens).toBe(total)
  const listed = await client.beta.threads.messages.list(run.thread_id, { run_id: run.id, order: 'asc' })
  const written = steps.flatMap((step) => {
    return step.step_details.type === 'message_creation' ? step.step_details.message_creation.message_id : []
  })
  expect(listed.data.map((message) => message.id)).toEqual(written)
  if (run.status !== 'completed') return

  const texts = listed.data.map((message) => (message.content[0]?.type === 'text' ? message.content[0].text.value : ''))
  expect(steps.map((step) => step.type)).toEqual(
    question.startsWith('call') ? ['tool_calls', 'message_creation'] : ['message_creation'],
  )
  if (question.startsWith('text')) return expect(texts).toEqual([expectedText(question)])
  const calls = steps[0]?.step_details.type === 'tool_calls' ? steps[0].step_details.tool_calls : []
  const applied = calls.map((call) => (call.type === 'function' ? call.function.output : undefined))
  if (outputs) expect(applied).toEqual(outputs)
  expect(texts).toEqual([expectedAnswer(applied as string[])])
}
