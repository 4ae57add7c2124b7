import type { AssistantStream } from 'openai/lib/AssistantStream'
import type { StreamEvent } from '../../src/api/stream-event.ts'

/** What a client's stream helper told its listeners, in numbers and in what the pieces add up to. */
export interface Heard {
  /** As they came; the client goes on to change its own. */
  readonly events: StreamEvent[]
  readonly fired: Map<string, number>
  /** By listener: the text deltas of each text, and what `textDone` had in the end. */
  readonly texts: { streamed: string[]; done: string[] }
  readonly calls: { streamed: string[]; done: string[] }
}

/** Listens to everything that the helper can tell. */
export function listen(stream: AssistantStream): Heard {
  const heard: Heard = {
    events: [],
    fired: new Map(),
    texts: { streamed: [], done: [] },
    calls: { streamed: [], done: [] },
  }
  const { texts, calls } = heard
  for (const name of listeners) stream.on(name, () => heard.fired.set(name, (heard.fired.get(name) ?? 0) + 1))
  stream.on('event', (event) => heard.events.push(structuredClone(event) as StreamEvent))
  stream.on('textCreated', () => texts.streamed.push(''))
  stream.on('textDelta', ({ value }) => append(texts.streamed, value))
  stream.on('textDone', ({ value }) => texts.done.push(value))
  stream.on('toolCallCreated', () => calls.streamed.push(''))
  stream.on('toolCallDelta', (delta) => {
    if (delta.type === 'function') append(calls.streamed, delta.function?.arguments)
    if (delta.type === 'code_interpreter') append(calls.streamed, delta.code_interpreter?.input)
  })
  stream.on('toolCallDone', (call) => {
    if (call.type === 'function') calls.done.push(call.function.arguments)
    if (call.type === 'code_interpreter') calls.done.push(call.code_interpreter.input)
  })
  return heard
}

const listeners = [
  'connect',
  'end',
  'messageCreated',
  'messageDelta',
  'messageDone',
  'runStepCreated',
  'runStepDelta',
  'runStepDone',
  'textCreated',
  'textDelta',
  'textDone',
  'toolCallCreated',
  'toolCallDelta',
  'toolCallDone',
] as const

function append(pieces: string[], piece: string | undefined): void {
  pieces.push((pieces.pop() ?? '') + (piece ?? ''))
}
