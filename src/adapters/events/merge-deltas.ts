import type { CodeDelta, StreamEvent, ToolCallDelta } from '../../api/stream-event.ts'

type MessageDeltaEvent = Extract<StreamEvent, { event: 'thread.message.delta' }>
type StepDeltaEvent = Extract<StreamEvent, { event: 'thread.run.step.delta' }>
type OutputDelta = NonNullable<CodeDelta['code_interpreter']['outputs']>[number]

/** Text that a delta appends: to a part of a message, to the arguments of a call, to code or to what code prints. */
interface Addition {
  /** Of the message or the step. */
  readonly id: string
  /** Of the part or the call. */
  readonly index: number
  readonly kind: 'text' | 'refusal' | 'arguments' | 'input' | `logs ${number}`
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
  if (first?.event === 'thread.run.step.delta') return withCallText(first, text)
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
    if (!call || other) return undefined
    return additionToCall(event.data.id, call)
  }
  return undefined
}

function additionToCall(id: string, call: ToolCallDelta): Addition | undefined {
  const { index } = call
  const begins = 'id' in call
  if (call.type === 'function') return { id, index, kind: 'arguments', text: call.function.arguments ?? '', begins }
  if (call.type !== 'code_interpreter') return undefined
  const { input, outputs } = call.code_interpreter
  if (input !== undefined) return begins ? undefined : { id, index, kind: 'input', text: input, begins }
  const [output, other] = outputs ?? []
  if (output?.type !== 'logs' || other) return undefined
  return { id, index, kind: `logs ${output.index}`, text: output.logs, begins }
}

function withMessageText(event: MessageDeltaEvent, text: string): MessageDeltaEvent {
  const content = event.data.delta.content.map((part) => {
    if (part.type === 'refusal') return { ...part, refusal: text }
    return part.type === 'text' ? { ...part, text: { ...part.text, value: text } } : part
  })
  return { ...event, data: { ...event.data, delta: { content } } }
}

function withCallText(event: StepDeltaEvent, text: string): StepDeltaEvent {
  const { type, tool_calls } = event.data.delta.step_details
  const made = tool_calls.map((call) => {
    if (call.type === 'function') return { ...call, function: { ...call.function, arguments: text } }
    if (call.type !== 'code_interpreter') return call
    const { input, outputs } = call.code_interpreter
    const continued =
      input === undefined ? { outputs: outputs?.map((output) => withLogs(output, text)) ?? [] } : { input: text }
    return { ...call, code_interpreter: continued }
  })
  return { ...event, data: { ...event.data, delta: { step_details: { type, tool_calls: made } } } }
}

function withLogs(output: OutputDelta, logs: string): OutputDelta {
  return output.type === 'logs' ? { ...output, logs } : output
}
