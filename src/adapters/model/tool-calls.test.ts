import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readReply } from '../../../test/support/model-requests.ts'
import type { ModelPart } from '../../ports/model.ts'
import type { ToolCallDelta } from './chat-chunk.ts'
import { createToolCalls } from './tool-calls.ts'

/** What is said of these pieces, put together and checked for its order. */
async function callsOf(deltas: ToolCallDelta[], usedIds: string[] = []) {
  const parts: ModelPart[] = []
  const malformed = (what: string) => new Error(what)
  const calls = createToolCalls((part) => parts.push(part), { usedIds: new Set(usedIds), malformed })
  for (const delta of deltas) calls.add(delta)
  const count = calls.close()
  async function* said() {
    yield* parts
  }
  const reply = await readReply(said())
  expect(reply.calls).toHaveLength(count)
  return reply.calls
}

function piece(index: number | null, id: string | null, name: string | null, text: string): ToolCallDelta {
  return { index, id, function: { name, arguments: text } }
}

const object = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 }).map((value) => JSON.stringify(value))

/** Where to cut, as parts of the length, and which call's piece comes next. */
const interleaving = fc.record({
  texts: fc.array(object, { minLength: 1, maxLength: 4 }),
  cuts: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 }),
  turns: fc.infiniteStream(fc.nat(3)),
})

test('calls come out whole and one after the other, however their pieces are mixed', async () => {
  await fc.assert(
    fc.asyncProperty(interleaving, async ({ texts, cuts, turns }) => {
      const waiting = texts.map((text, index) => piecesOf(text, cuts, index))
      const deltas: ToolCallDelta[] = waiting.flatMap((pieces) => pieces.slice(0, 1))
      for (const pieces of waiting) pieces.shift()
      while (waiting.some((pieces) => pieces.length > 0)) {
        const next = turns.next().value % waiting.length
        const pieces = waiting[next]?.length ? waiting[next] : waiting.find(({ length }) => length > 0)
        deltas.push(...(pieces?.splice(0, 1) ?? []))
      }
      const expected = texts.map((text, index) => ({ id: `call_${index}`, name: `f${index}`, arguments: text }))
      expect(await callsOf(deltas)).toEqual(expected)
    }),
    { numRuns: 300 },
  )
})

/** The opening of a call, then its text in pieces of these lengths, again and again. */
function piecesOf(text: string, cuts: number[], index: number): ToolCallDelta[] {
  const pieces = [piece(index, `call_${index}`, `f${index}`, '')]
  for (let start = 0, turn = 0; start < text.length; turn++) {
    const length = cuts[turn % cuts.length] ?? 1
    pieces.push(piece(index, null, null, text.slice(start, start + length)))
    start += length
  }
  return pieces
}

test('a name that is repeated in every piece makes no further calls', async () => {
  const deltas = ['{"a"', ': 1', '}'].map((text) => piece(0, null, 'f', text))
  expect(await callsOf(deltas)).toEqual([{ id: null, name: 'f', arguments: '{"a": 1}' }])
})

test('whole calls of one function, without numbers or ids, are several', async () => {
  const deltas = ['{"a": 1}', '{"a": 2}'].map((text) => piece(null, null, 'f', text))
  expect((await callsOf(deltas)).map((call) => call.arguments)).toEqual(['{"a": 1}', '{"a": 2}'])
})

test('an id that two calls share is the first one’s', async () => {
  const calls = await callsOf([piece(0, 'x', 'f', '{}'), piece(1, 'x', 'g', '{}'), piece(2, 'y', 'h', '{}')], ['y'])
  expect(calls.map(({ id }) => id)).toEqual(['x', null, null])
})

test.each([
  [[piece(0, 'x', null, '{}')], 'a tool call without a name'],
  [
    [piece(0, 'x', 'f', '{}'), piece(1, 'y', 'g', '{'), piece(0, null, null, '{}')],
    'arguments for a tool call that was complete',
  ],
])('what makes no sense is malformed', async (deltas, message) => {
  await expect(callsOf(deltas)).rejects.toThrow(message)
})
