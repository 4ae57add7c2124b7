import { describe, expect, it } from 'vitest'
import { fromText } from '../../src/api/json.ts'
import type { StreamEvent } from '../../src/api/stream-event.ts'
import { FakeModel } from '../support/fake-model.ts'
import {
  collect,
  makeThread,
  openApplication,
  project,
  startRun,
  type TestApplication,
  until,
} from '../support/open-application.ts'
import { checkStream } from '../support/stream-grammar.ts'

/** A run that waits for the outputs of its two calls, and ways to submit them. */
async function openWaiting() {
  const calls = [{ call: 'ask', arguments: { n: 1 } }, { call: 'ask' }]
  const model = new FakeModel(({ messages }) => (messages.at(-1)?.role === 'tool' ? 'So it is done' : calls))
  const application = await openApplication(model)
  const { id, thread, told } = await startRun(application)
  const { run } = checkStream(await told)
  const ids = run.required_action?.submit_tool_outputs.tool_calls.map((call) => call.id) ?? []
  const submit = (output: string) => {
    const tool_outputs = ids.map((tool_call_id) => ({ tool_call_id, output }))
    return application.services().runs.submitToolOutputs(project, thread.id, id, { tool_outputs, stream: true })
  }
  return { application, id, thread, submit }
}

async function outputs({ stored }: TestApplication, run_id: string): Promise<unknown> {
  const [row] = await stored.read(project).steps.ofRun(run_id)
  const details = row && fromText(row.body).step_details
  return (
    details?.type === 'tool_calls' && details.tool_calls.map((call) => call.type === 'function' && call.function.output)
  )
}

describe('tool outputs', () => {
  it('submitted twice at once are taken once', async () => {
    const { application, id, submit } = await openWaiting()
    await using _ = application
    const [first, second] = await Promise.allSettled([submit('first'), submit('second')])
    expect(second).toMatchObject({
      status: 'rejected',
      reason: { status: 400, message: 'Runs in status "queued" do not accept tool outputs.' },
    })
    const told = first?.status === 'fulfilled' ? await collect(first.value) : []
    expect(checkStream(told).run.status).toBe('completed')
    expect(await outputs(application, id)).toEqual(['first', 'first'])
  })

  it('and a cancel at once: whoever is first decides', async () => {
    const { application, id, thread, submit } = await openWaiting()
    await using _ = application
    const { runs } = application.services()
    const [submitted, cancelled] = await Promise.allSettled([submit('x'), runs.cancel(project, thread.id, id)])
    expect(cancelled?.status).toBe('fulfilled')
    const told = submitted?.status === 'fulfilled' ? await collect(submitted.value) : []
    expect(checkStream(told).run.status).toBe('cancelled')
    expect(await outputs(application, id)).toEqual(['x', 'x'])

    const other = await openWaiting()
    await using __ = other.application
    const { cancel } = other.application.services().runs
    const [stopped, late] = await Promise.allSettled([cancel(project, other.thread.id, other.id), other.submit('x')])
    expect(stopped?.status).toBe('fulfilled')
    expect(late).toMatchObject({ reason: { message: 'Runs in status "cancelled" do not accept tool outputs.' } })
    expect(await outputs(other.application, other.id)).toEqual([null, null])
  })

  it('and the expiry at once: either they are refused, or the run expires with them', async () => {
    const { application, id, submit } = await openWaiting()
    await using _ = application
    const [submitted] = await Promise.allSettled([submit('x'), application.expire(id)])
    const told = submitted?.status === 'fulfilled' ? await collect(submitted.value) : []
    expect(checkStream(told).run.status).toBe('expired')
    expect(await outputs(application, id)).toEqual(['x', 'x'])

    const other = await openWaiting()
    await using __ = other.application
    const [, late] = await Promise.allSettled([other.application.expire(other.id), other.submit('x')])
    expect(late).toMatchObject({ reason: { message: 'Runs in status "expired" do not accept tool outputs.' } })
    expect(await outputs(other.application, other.id)).toEqual([null, null])
  })

  it('can be submitted while the stream that asked for them is still being read', async () => {
    const model = new FakeModel(({ messages }) => (messages.at(-1)?.role === 'tool' ? 'Done' : { call: 'ask' }))
    await using application = await openApplication(model)
    const { assistant, thread } = await makeThread(application)
    const { runs } = application.services()
    const started = await runs.create(project, thread.id, { assistant_id: assistant.id, stream: true })
    const { id } = fromText(started.run)
    const reading = started.events(new AbortController().signal)[Symbol.asyncIterator]()
    const first = await reading.next()
    await until(async () => fromText(await runs.get(project, thread.id, id)).required_action !== null)
    const run = fromText(await runs.get(project, thread.id, id))
    const tool_outputs = run.required_action?.submit_tool_outputs.tool_calls.map((call) => ({
      tool_call_id: call.id,
      output: 'x',
    }))
    const resumed = await runs.submitToolOutputs(project, thread.id, id, {
      tool_outputs: tool_outputs ?? [],
      stream: true,
    })
    expect(checkStream(await collect(resumed)).run.status).toBe('completed')
    const read: StreamEvent[] = []
    for (let next = first; !next.done; next = await reading.next()) read.push(next.value)
    expect(checkStream(read).run.status).toBe('requires_action')
  })

  it('of a run without room wait in the queue, and their stream begins with the step that they complete', async () => {
    const model = new FakeModel(({ messages }) => (messages.at(-1)?.role === 'tool' ? 'Done' : { call: 'ask' }))
    await using application = await openApplication(model, { maxRuns: 1 })
    const waiting = await startRun(application)
    const { run } = checkStream(await waiting.told)
    model.hold()
    const working = await startRun(application)
    await model.held()
    const tool_outputs = run.required_action?.submit_tool_outputs.tool_calls.map(({ id }) => ({ tool_call_id: id }))
    const { runs } = application.services()
    const request = { tool_outputs: tool_outputs ?? [], stream: true }
    const told = collect(await runs.submitToolOutputs(project, waiting.thread.id, waiting.id, request))
    expect(await application.stored.queue.depth()).toEqual({ waiting: 1, leased: 1 })
    model.release()
    checkStream(await working.told)
    expect(checkStream(await told).run.status).toBe('completed')
  })
})
