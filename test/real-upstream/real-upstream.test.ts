import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startServer, type TestServer } from '../support/start-server.ts'
import { startEngine } from './start-engine.ts'

type Engine = Awaited<ReturnType<typeof startEngine>>

/** One path on which every token comes from an inference engine: nobody scripted what it says. */
describe('a real inference engine behind the upstream URL', () => {
  let engine: Engine
  let server: TestServer

  beforeAll(async () => {
    engine = await startEngine()
    server = await startServer({ env: { REPRISE_UPSTREAM_URL: engine.url } })
  }, 180_000)

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
    await engine?.[Symbol.asyncDispose]()
  })

  async function scene() {
    const { client } = server
    const assistant = await client.beta.assistants.create({
      model: engine.model,
      instructions: 'Talk.',
      temperature: 0,
      tools: [{ type: 'function', function: { name: 'look_up', parameters: lookUp } }],
    })
    const thread = await client.beta.threads.create({ messages: [{ role: 'user', content: 'Say something.' }] })
    return { client, assistant_id: assistant.id, thread_id: thread.id }
  }

  it('streams what the model says, counts what the engine counted, and reads it back as a step', {
    timeout: 60_000,
  }, async () => {
    const { client, assistant_id, thread_id } = await scene()
    const stream = client.beta.threads.runs.stream(thread_id, {
      assistant_id,
      max_completion_tokens: 256,
      tool_choice: 'none',
    })
    let streamed = ''
    let deltas = 0
    stream.on('textDelta', ({ value }) => {
      streamed += value ?? ''
      deltas += 1
    })
    const run = await stream.finalRun()
    expect(run.status).toBe('incomplete') // at temperature 0 this model never stops by itself
    expect(run.usage?.completion_tokens).toBe(256)
    expect(run.usage?.prompt_tokens).toBeGreaterThan(0)
    expect(deltas).toBeGreaterThan(50)
    const { data: messages } = await client.beta.threads.messages.list(thread_id, { run_id: run.id })
    expect(messages[0]?.content).toEqual([{ type: 'text', text: { value: streamed, annotations: [] } }])
    const { data: steps } = await client.beta.threads.runs.steps.list(run.id, { thread_id })
    expect(steps).toMatchObject([{ type: 'message_creation', status: 'completed', usage: run.usage }])
  })

  it('calls a function with arguments that the model wrote, and goes on with its output', {
    timeout: 60_000,
  }, async () => {
    const { client, assistant_id, thread_id } = await scene()
    const waiting = await client.beta.threads.runs.createAndPoll(
      thread_id,
      { assistant_id, tool_choice: { type: 'function', function: { name: 'look_up' } }, max_completion_tokens: 512 },
      { pollIntervalMs: 20 },
    )
    expect(waiting.status).toBe('requires_action')
    const [call] = waiting.required_action?.submit_tool_outputs.tool_calls ?? []
    expect(JSON.parse(call?.function.arguments ?? '')).toHaveProperty('city')
    const stream = client.beta.threads.runs.submitToolOutputsStream(waiting.id, {
      thread_id,
      tool_outputs: [{ tool_call_id: call?.id as string, output: 'Nothing found.' }],
    })
    const run = await stream.finalRun()
    expect(['completed', 'incomplete']).toContain(run.status)
    const { data: steps } = await client.beta.threads.runs.steps.list(run.id, { thread_id, order: 'asc' })
    expect(steps.map((step) => step.type)).toEqual(['tool_calls', 'message_creation'])
    const total = steps.reduce((sum, step) => sum + (step.usage?.total_tokens ?? 0), 0)
    expect(run.usage?.total_tokens).toBe(total)
  })

  it('lets go of the engine when a run is cancelled', { timeout: 60_000 }, async () => {
    const { client, assistant_id, thread_id } = await scene()
    const events = await client.beta.threads.runs.create(thread_id, { assistant_id, tool_choice: 'none', stream: true })
    let cancelledAt = 0
    for await (const { event, data } of events) {
      if (event === 'thread.message.delta' && cancelledAt === 0) {
        const [run] = (await client.beta.threads.runs.list(thread_id)).data
        cancelledAt = Date.now()
        await client.beta.threads.runs.cancel(run?.id as string, { thread_id })
      }
      if (event === 'thread.run.cancelled') expect(data.status).toBe('cancelled')
    }
    expect(cancelledAt).toBeGreaterThan(0)
    // The engine notes the end of a generation when it notices that nobody listens any more.
    await vi.waitFor(async () => {
      const ended = (await (await fetch(new URL('/generations', engine.url))).json()) as { finish_reason: string }[]
      expect(ended.at(-1)).toMatchObject({ finish_reason: 'aborted' })
    }, 10_000)
  })

  it('passes chat completions and embeddings through', { timeout: 60_000 }, async () => {
    const { client } = server
    const chat = await client.chat.completions.create({
      model: engine.model,
      messages: [{ role: 'user', content: 'Hi' }],
      max_completion_tokens: 8,
    })
    expect(chat.usage?.completion_tokens).toBe(8)
    const embedded = await client.embeddings.create({ model: engine.model, input: 'Hi' })
    expect(embedded.data[0]?.embedding).toHaveLength(64)
    expect((await client.models.list()).data.map(({ id }) => id)).toContain(engine.model)
  })
})

const lookUp = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}
