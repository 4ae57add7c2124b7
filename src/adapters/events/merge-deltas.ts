import type { StreamEvent } from '../../api/stream-event.ts'

type MessageDeltaEvent = Extract<StreamEvent, { event: 'thread.message.delta' }>
type StepDeltaEvent = Extract<StreamEvent, { event: 'thread.run.step.delta' }>

/** Text that a delta appends: to a part of a message, or to the arguments of a call. */
interface Addition {
  /** Of the message or the step. */
  readonly id: string
  /** Of the part or the call. */
  readonly index: number
  readonly kind: 'text' | 'refusal' | 'arguments'
  readonly text: string
  /** The delta says something else too: it begins its part or call. */
  readonly begins: boolean
}

/** Whether two events in a row can be told as one: they append to the same text, and the second says nothing else. */
export function canMerge(first: StreamEvent, second: StreamEvent): boolean {
  const one = additionOf(first)
  const other = additionOf(second)
  if (!one || !other || other.begins) return false
  return one.id === other.id && one.index === other.index && one.kind === other.kind
}

/** One event that says what several say, each of which can be merged with the one before it. */
export function mergeDeltas(events: readonly StreamEvent[]): StreamEvent {
  const [first] = events
  const [begun = '', ...pieces] = events.map((event) => additionOf(event)?.text)
  // Small pieces are joined at once, or each would stay in memory; the long beginning is not copied every time.
  const text = begun + pieces.join('')
  if (first?.event === 'thread.message.delta') return withMessageText(first, text)
  if (first?.event === 'thread.run.step.delta') return withArguments(first, text)
  throw new Error(`${first?.event} is no delta`)
}

function additionOf(event: StreamEvent): Addition | undefined {
  if (event.event === 'thread.message.delta') {
    const [part, other] = event.data.delta.content
    if (!part || other) return undefined
    const { id } = event.data
    const { index, type: kind } = part
    if (kind === 'refusal') return { id, index, kind, text: part.refusal, begins: false }
    if (kind === 'text') return { id, index, kind, text: part.text.value ?? '', begins: 'annotations' in part.text }
  }
  if (event.event === 'thread.run.step.delta') {
    const [call, other] = event.data.delta.step_details.tool_calls
    if (call?.type !== 'function' || other) return undefined
    const { index, function: made } = call
    return { id: event.data.id, index, kind: 'arguments', text: made.arguments ?? '', begins: 'id' in call }
  }
  return undefined
}

function withMessageText(event: MessageDeltaEvent, text: string): MessageDeltaEvent {
  const content = event.data.delta.content.map((part) => {
    if (part.type === 'refusal') return { ...part, refusal: text }
    return part.type === 'text' ? { ...part, text: { ...part.text, value: text } } : part
  })
  return { ...event, data: { ...event.data, delta: { content } } }
}

function withArguments(event: StepDeltaEvent, text: string): StepDeltaEvent {
  const { type, tool_calls } = event.data.delta.step_details
  const made = tool_calls.map((call) => {
    return call.type === 'function' ? { ...call, function: { ...call.function, arguments: text } } : call
  })
  return { ...event, data: { ...event.data, delta: { step_details: { type, tool_calls: made } } } }
}
