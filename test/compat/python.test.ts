import { beforeAll, describe, expect, test } from 'vitest'
import { ensurePython } from '../../scripts/ensure-python.ts'
import type { ContentPart } from '../../src/api/message.ts'
import type { FunctionToolCall, RunStep, ToolCall } from '../../src/api/run-step.ts'
import type { StreamEvent } from '../../src/api/stream-event.ts'
import type { ModelRequest } from '../../src/ports/model.ts'
import { FakeModel, type FakeTurn } from '../support/fake-model.ts'
import { FakeSandbox } from '../support/fake-sandbox.ts'
import { startServer } from '../support/start-server.ts'
import { checkStream } from '../support/stream-grammar.ts'
import { type Leg, playScene, type Report } from './python/play-scene.ts'
import { streamScenarios } from './stream-scenarios.ts'

const python = await ensurePython()
const scenarios = streamScenarios.filter(({ cancelAfter }) => cancelAfter === undefined)
const cancelled = streamScenarios.find(({ name }) => name === 'cancelled in the middle of a text')

describe.skipIf('missing' in python)('the official Python client', () => {
  let report: Report

  beforeAll(async () => {
    if ('missing' in python || !cancelled) return
    await using server = await startServer({ model: new FakeModel(answer), sandbox: new FakeSandbox() })
    const holding = new FakeModel(answer)
    holding.hold({ after: cancelled.cancelAfter ?? 0 })
    await using held = await startServer({ model: holding })
    report = await playScene(python.python, {
      base_url: server.baseURL,
      scenarios: scenarios.map(({ name, code = false }) => ({ name, code })),
      held: { base_url: held.baseURL, scenario: cancelled.name, text: cancelled.texts[0] ?? '' },
    })
  }, 90_000)

  test('assistants, messages and their pages', () => {
    const names = Array.from({ length: 25 }, (_, n) => (n === 0 ? 'renamed' : `assistant ${n}`))
    expect(report.resources.assistants).toMatchObject({
      request_id: expect.stringMatching(/^req_/),
      updated: { name: 'renamed', metadata: { n: '1' }, model: 'gpt-4o' },
      retrieved: { name: 'renamed' },
      descending: names.toReversed(),
      ascending: names,
      deleted: names.map(() => true),
      left: 0,
    })
    const texts = Array.from({ length: 25 }, (_, n) => `message ${n}`)
    expect(report.resources.messages).toEqual({
      ascending: texts,
      before: texts.slice(0, 3),
      changed: { n: '1' },
      deleted: 'thread.message.deleted',
      left: 24,
      thread_deleted: 'thread.deleted',
    })
  })

  test('files, uploads and models', () => {
    expect(report.resources).toMatchObject({
      files: {
        names: ['zürich.jsonl', 'bytes.jsonl', 'zürich.jsonl'],
        contents: ['Grüezi\n', 'Hello\n', 'Grüezi\n'],
        statuses: ['processed', 'processed', 'processed'],
        listed: true,
        deleted: [true, true, true],
      },
      uploads: { status: 'completed', same: true },
      models: ['gpt-4o'],
    })
  })

  test('polling helpers and errors', () => {
    expect(report.resources).toMatchObject({
      polling: {
        statuses: ['requires_action', 'completed', 'completed'],
        steps: ['tool_calls', 'message_creation'],
        step: 'completed',
        messages_of_run: 1,
        runs: true,
        metadata: { n: '1' },
      },
      errors: {
        bad_request: [400, 'invalid_request_error', 'role', 'invalid_value', 'req_'],
        not_found: "No run found with id 'run_nowhere'.",
      },
    })
  })

  test.each(scenarios)('stream: $name', ({ name, ends, steps, texts }) => {
    const played = find(report.streams, name)
    for (const leg of played.legs) checkLeg(leg)
    expect(played).toMatchObject({ run: { status: ends }, steps: steps.map((status) => ({ status })) })
    expect(played.messages.map(textOf)).toEqual(texts)
    expect(played.legs.flatMap((leg) => leg.final_messages)).toEqual(played.messages)
    const accumulated = played.legs.flatMap((leg) => leg.final_steps as RunStep[])
    expect(accumulated.map(spoken)).toEqual((played.steps as RunStep[]).map(spoken))
  })

  test('stream: cancelled from within a handler', () => {
    for (const leg of report.cancelled.legs) checkLeg(leg)
    expect(report.cancelled).toMatchObject({
      run: { status: 'cancelled' },
      steps: [{ status: 'cancelled' }],
      messages: [{ status: 'incomplete' }],
    })
  })

  test.each(scenarios)('stream of the asynchronous client, all at once: $name', ({ name, ends }) => {
    const { run, legs } = find(report.async_streams, name)
    expect(run.status).toBe(ends)
    for (const leg of legs) checkLeg(leg)
    expect(legs[0]?.events[0]).toMatchObject({ event: 'thread.created', data: { id: run.thread_id } })
  })

  test('text_deltas, and a stream that is left in the middle', () => {
    expect(report.text_deltas).toEqual({ text: 'Sunny, 25 °C ☀️.', left: 'completed' })
  })
})

function find<Played extends { scenario: string }>(played: readonly Played[], name: string): Played {
  const found = played.find(({ scenario }) => scenario === name)
  if (!found) throw new Error(`${name} was not played`)
  return found
}

/** What the scenario says that the last user message names, as far as this run has come. */
function answer({ messages }: ModelRequest): FakeTurn {
  const index = messages.findLastIndex(({ role }) => role === 'user')
  const question = messages[index]
  const [part] = question?.role === 'user' ? question.content : []
  const scenario = streamScenarios.find(({ name }) => part?.type === 'text' && part.text === name)
  const turn = scenario?.turns[messages.slice(index).filter(({ role }) => role === 'assistant').length]
  if (!turn) throw new Error(`nothing to answer to ${JSON.stringify(question)}`)
  return turn
}

function checkLeg({ events, texts, texts_done, messages_done, steps_done, ended, exceptions, ...leg }: Leg): void {
  const { run, steps, messages } = checkStream(events as unknown as StreamEvent[])
  const written = messages.flatMap(({ content }) =>
    content.flatMap((part) => (part.type === 'text' ? part.text.value : [])),
  )
  expect({ texts, texts_done }).toEqual({ texts: written, texts_done: written })
  expect(messages_done).toBe(messages.length)
  expect(steps_done).toBe(steps.filter(({ status }) => status !== 'in_progress').length)
  expect({ ended, exceptions }).toEqual({ ended: 1, exceptions: [] })
  const begun = events.filter(({ event }) => event === 'thread.run.step.created').map(({ data }) => data.id)
  const callSteps = steps.filter(({ id, type }) => begun.includes(id) && type === 'tool_calls')
  const calls = callSteps.flatMap(callsOf)
  const asked = run.required_action?.submit_tool_outputs.tool_calls ?? calls
  // The helper takes the first call of a further step for a continuation of the last: both have the index 0.
  if (callSteps.length < 2) expect(leg.arguments).toEqual(asked.map(argumentsOf))
}

type AskedFunction = { type: 'function'; function: Pick<FunctionToolCall['function'], 'arguments'> }

function argumentsOf(call: ToolCall | AskedFunction): string {
  if (call.type === 'function') return call.function.arguments
  return call.type === 'code_interpreter' ? call.code_interpreter.input : ''
}

function callsOf({ step_details }: RunStep): ToolCall[] {
  return step_details.type === 'tool_calls' ? step_details.tool_calls : []
}

/** What the client accumulated of a step: like the stored one, but as it stood when its last delta came. */
function spoken(step: RunStep) {
  return { id: step.id, calls: callsOf(step).map(({ id, type }) => ({ id, type })) }
}

function textOf(message: Record<string, unknown>): string {
  const content = message.content as ContentPart[]
  return content
    .map((part) => {
      if (part.type === 'text') return part.text.value
      return part.type === 'refusal' ? part.refusal : part.type
    })
    .join('')
}
