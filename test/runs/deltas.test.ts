import fc from 'fast-check'
import type OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import type { ModelPart } from '../../src/ports/model.ts'
import { readEventStream } from '../support/event-stream.ts'
import { FakeModel } from '../support/fake-model.ts'
import { startServer, type TestServer } from '../support/start-server.ts'
import { checkStream } from '../support/stream-grammar.ts'

/** Text of all kinds: graphemes of several code points, any code point, and code units that are half a character. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({
    unit: fc.constantFrom('a', ' ', '\n', '\0', '"', '\\', '👩‍👩‍👧‍👦', 'é', 'ﷺ', '\u2028', '🇨🇭', '𝒳'),
    maxLength: 40,
  }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)), maxLength: 20 }),
)

/** A text in pieces that are cut anywhere, between the halves of a character too. */
const pieces = fc.tuple(text, fc.array(fc.nat(), { maxLength: 12 })).map(([whole, cuts]) => {
  const places = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((one, other) => one - other)
  return [0, ...places].map((start, index) => whole.slice(start, places[index])).filter((piece) => piece !== '')
})

/** What a model says in one turn: some text or refusal, and some calls. */
const turn = fc
  .tuple(
    fc.array(fc.tuple(fc.constantFrom('text-delta', 'refusal-delta'), pieces), { maxLength: 3 }),
    fc.array(pieces, { maxLength: 3 }),
  )
  .map(([said, calls]): ModelPart[] => [
    ...said.flatMap(([type, parts]) => parts.map((piece) => ({ type, text: piece }) as ModelPart)),
    ...calls.flatMap((parts, index): ModelPart[] => [
      { type: 'tool-call', index, id: null, name: 'ask' },
      ...parts.map((piece): ModelPart => ({ type: 'tool-call-delta', index, arguments: piece })),
    ]),
  ])

describe('the deltas of a stream', () => {
  it('add up to what is stored, whatever the model says and however it is cut', async () => {
    const model = new FakeModel()
    await using server = await startServer({ model })
    const assistant = await server.client.beta.assistants.create({ model: 'gpt-4o' })
    await fc.assert(
      fc.asyncProperty(turn, async (parts) => {
        model.answer(parts)
        const { run, messages } = checkStream(await stream(server, assistant.id))
        const { client } = server
        const ids = { thread_id: run.thread_id }
        const stored = await client.beta.threads.messages.list(run.thread_id, { run_id: run.id })
        expect(stored.data).toEqual(messages)
        const listed = await client.beta.threads.runs.steps.list(run.id, { ...ids, order: 'asc' })
        expect(spoken(messages)).toEqual(said(parts))
        // The calls of an open step are told by deltas alone, and `checkStream` has held those against the run.
        const asked = run.required_action?.submit_tool_outputs.tool_calls ?? []
        expect(asked.map((call) => call.function.arguments)).toEqual(called(parts))
        expect(argumentsOf(listed.data)).toEqual(called(parts))
      }),
      { numRuns: 60 },
    )
  })
})

async function stream({ baseURL }: TestServer, assistant_id: string) {
  const thread = { messages: [{ role: 'user', content: 'Hi' }] }
  const body = JSON.stringify({ assistant_id, thread, stream: true })
  return readEventStream(await fetch(`${baseURL}/threads/runs`, { method: 'POST', headers: json, body }))
}

const json = { 'content-type': 'application/json' }

type Reading = ReturnType<typeof checkStream>

function spoken(messages: Reading['messages']): string {
  const parts = messages.flatMap(({ content }) => content)
  return parts
    .map((part) => (part.type === 'text' ? part.text.value : part.type === 'refusal' ? part.refusal : ''))
    .join('')
}

function said(parts: readonly ModelPart[]): string {
  return parts.map((part) => ('text' in part ? part.text : '')).join('')
}

function argumentsOf(steps: readonly OpenAI.Beta.Threads.Runs.RunStep[]): string[] {
  const calls = steps.flatMap(({ step_details: details }) => (details.type === 'tool_calls' ? details.tool_calls : []))
  return calls.map((call) => (call.type === 'function' ? call.function.arguments : call.type))
}

function called(parts: readonly ModelPart[]): string[] {
  const calls: string[] = []
  for (const part of parts) {
    if (part.type === 'tool-call') calls.push('')
    if (part.type === 'tool-call-delta') calls[part.index] += part.arguments
  }
  return calls
}
