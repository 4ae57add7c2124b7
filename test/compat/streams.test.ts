import type OpenAI from 'openai'
import type { AssistantStream } from 'openai/lib/AssistantStream'
import { describe, expect, test } from 'vitest'
import type { StreamEvent } from '../../src/api/stream-event.ts'
import { checkStream, type StreamReading } from '../support/stream-grammar.ts'
import { clientMajors } from './clients.ts'
import { type Heard, listen } from './listen.ts'
import { openConversation, openScene, outputsFor, type Scene } from './scene.ts'
import { streamScenarios } from './stream-scenarios.ts'

describe.each(clientMajors)('$name', (major) => {
  const scenarios = streamScenarios.filter(({ ends }) => ends !== 'incomplete' || major.endsWithIncomplete)
  test.each(scenarios)('stream: $name', async ({ turns, code, cancelAfter, ends, steps, texts }) => {
    await using scene = await openScene(major, turns)
    if (cancelAfter !== undefined) scene.model.hold({ after: cancelAfter })
    const { thread_id, assistant_id } = await openConversation(scene.client, { code })
    const { runs, messages } = scene.client.beta.threads
    const stream = runs.stream(thread_id, { assistant_id })
    const heard = listen(stream)
    if (cancelAfter !== undefined) await cancelOnceHeld(scene, stream)
    const run = await followToTheEnd(scene.client, stream, heard)

    expect(run.status).toBe(ends)
    const stored = await runs.steps.list(run.id, { thread_id, order: 'asc' })
    expect(stored.data.map((step) => step.status)).toEqual(steps)
    const said = await messages.list(thread_id, { run_id: run.id, order: 'asc' })
    expect(said.data.map((message) => message.content.map(textOf).join(''))).toEqual(texts)
  })

  test('createAndRunStream: the thread comes first', async () => {
    await using scene = await openScene(major, ['Sunny.'])
    const { assistant_id } = await openConversation(scene.client)
    const stream = scene.client.beta.threads.createAndRunStream({
      assistant_id,
      thread: { messages: [{ role: 'user', content: 'And in Basel?' }], metadata: { n: '1' } },
    })
    const heard = listen(stream)
    const run = await stream.finalRun()
    const { thread } = checkStream(heard.events)
    expect(thread).toMatchObject({ id: run.thread_id, metadata: { n: '1' } })
    expect(await scene.client.beta.threads.retrieve(run.thread_id)).toEqual(thread)
  })

  test('streams are async iterables of events', async () => {
    await using scene = await openScene(major, ['Sunny.', 'Windy.'])
    const { thread_id, assistant_id } = await openConversation(scene.client)
    const { runs } = scene.client.beta.threads
    const iterated: string[] = []
    for await (const { event } of runs.stream(thread_id, { assistant_id })) iterated.push(event)
    const raw: StreamEvent[] = []
    for await (const event of await runs.create(thread_id, { assistant_id, stream: true }))
      raw.push(event as StreamEvent)
    expect(checkStream(raw).run.status).toBe('completed')
    expect(iterated).toEqual(raw.map(({ event }) => event))
  })

  test('a client that goes away in mid-stream leaves the run alone', async () => {
    await using scene = await openScene(major, ['One two three four.'])
    scene.model.hold({ after: 2 })
    const { thread_id, assistant_id } = await openConversation(scene.client)
    const { runs, messages } = scene.client.beta.threads
    const controller = new AbortController()
    const stream = runs.stream(thread_id, { assistant_id }, { signal: controller.signal })
    const heard = listen(stream)
    await Promise.all([scene.model.held(), stream.emitted('textDelta')])
    controller.abort()
    await expect(stream.done()).rejects.toBeInstanceOf(major.errors.APIUserAbortError)
    const run_id = heard.events.find(({ event }) => event === 'thread.run.created')?.data as { id: string }
    scene.model.release()

    const run = await runs.poll(run_id.id, { thread_id })
    expect(run.status).toBe('completed')
    const [answer] = (await messages.list(thread_id)).data
    expect(answer?.content.map(textOf)).toEqual(['One two three four.'])
  })
})

/** Reads the stream, answers calls and reads the next one, until the run is over; checks every leg on the way. */
async function followToTheEnd(client: OpenAI, stream: AssistantStream, heard: Heard): Promise<OpenAI.Beta.Threads.Run> {
  const run = await stream.finalRun()
  const reading = checkStream(heard.events)
  expect(run).toEqual(reading.run)
  expectAllHeard(heard, reading)
  await expectStored(client, stream, reading)
  if (run.status !== 'requires_action') return run
  const { thread_id } = run
  const next = client.beta.threads.runs.submitToolOutputsStream(run.id, { thread_id, tool_outputs: outputsFor(run) })
  return followToTheEnd(client, next, listen(next))
}

async function cancelOnceHeld({ client, model }: Scene, stream: AssistantStream): Promise<void> {
  const created = new Promise<{ id: string; thread_id: string }>((resolve) => {
    stream.on('event', ({ event, data }) => event === 'thread.run.created' && resolve(data))
  })
  const { id, thread_id } = await created
  await model.held()
  const { status } = await client.beta.threads.runs.cancel(id, { thread_id })
  expect(['cancelling', 'cancelled']).toContain(status)
}

function expectAllHeard({ fired, texts, calls, events }: Heard, { steps, messages }: StreamReading): void {
  const count = (name: string) => fired.get(name) ?? 0
  const told = (...names: string[]) => events.filter(({ event }) => names.includes(event)).length
  expect([count('connect'), count('end')]).toEqual([1, 1])
  expect([count('messageCreated'), count('messageDone')]).toEqual([messages.length, messages.length])
  expect(count('messageDelta')).toBe(told('thread.message.delta'))
  expect(count('runStepCreated')).toBe(told('thread.run.step.created'))
  expect(count('runStepDelta')).toBe(told('thread.run.step.delta'))
  expect(count('runStepDone')).toBe(steps.filter((step) => step.status !== 'in_progress').length)
  const written = messages.flatMap(({ content }) =>
    content.flatMap((part) => (part.type === 'text' ? part.text.value : [])),
  )
  expect(texts).toEqual({ streamed: written, done: written })
  // The helper takes the first call of a further step for a continuation of the last: both have the index 0.
  if (steps.filter(({ type }) => type === 'tool_calls').length < 2) expect(calls.done).toEqual(calls.streamed)
}

/** What the client has accumulated is what the server has stored. */
async function expectStored(client: OpenAI, stream: AssistantStream, { run, messages }: StreamReading): Promise<void> {
  const { id: run_id, thread_id } = run
  const { threads } = client.beta
  expect(await threads.runs.retrieve(run_id, { thread_id })).toEqual(run)
  // Versions before 7 leave the message as its deltas made it, with the status that it began with.
  const accumulated = (await stream.finalMessages()).map(({ id, content }) => ({
    id,
    content: withoutIndex(content),
  }))
  expect(accumulated).toEqual(messages.map(({ id, content }) => ({ id, content })))
  for (const message of messages) expect(await threads.messages.retrieve(message.id, { thread_id })).toEqual(message)
  for (const step of await stream.finalRunSteps()) {
    const stored = await threads.runs.steps.retrieve(step.id, { thread_id, run_id })
    // Steps show their run's deadline for as long as there is one; deltas leave their index in the client's copy.
    expect({ ...stored, expires_at: null }).toEqual(withoutIndex({ ...step, expires_at: null }))
  }
}

/** Without the places of elements, at whatever depth. */
function withoutIndex(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIndex)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([key]) => key !== 'index')
  return Object.fromEntries(kept.map(([key, each]) => [key, withoutIndex(each)]))
}

function textOf(part: OpenAI.Beta.Threads.MessageContent): string {
  if (part.type === 'text') return part.text.value
  return part.type === 'refusal' ? part.refusal : part.type
}
