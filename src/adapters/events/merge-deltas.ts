import type { StreamEvent } from '../../api/stream-event.ts'

/**
 * One delta that says what two in a row say, or undefined when they cannot be joined: other events, another object,
 * another part, or a later piece that carries more than text to append.
 */
export function mergeDeltas(first: StreamEvent, second: StreamEvent): StreamEvent | undefined {
  if (first.event === 'thread.message.delta' && second.event === 'thread.message.delta') {
    return mergeMessageDeltas(first, second)
  }
  if (first.event === 'thread.run.step.delta' && second.event === 'thread.run.step.delta') {
    return mergeStepDeltas(first, second)
  }
  return undefined
}

type MessageDeltaEvent = Extract<StreamEvent, { event: 'thread.message.delta' }>
type StepDeltaEvent = Extract<StreamEvent, { event: 'thread.run.step.delta' }>

function mergeMessageDeltas(first: MessageDeltaEvent, second: MessageDeltaEvent): MessageDeltaEvent | undefined {
  const [part, ...others] = first.data.delta.content
  const [addition, ...more] = second.data.delta.content
  if (first.data.id !== second.data.id || !part || !addition || others.length > 0 || more.length > 0) return undefined
  if (part.index !== addition.index) return undefined
  if (part.type === 'text' && addition.type === 'text' && !addition.text.annotations) {
    const value = (part.text.value ?? '') + (addition.text.value ?? '')
    return withContent(first, { ...part, text: { ...part.text, value } })
  }
  if (part.type === 'refusal' && addition.type === 'refusal') {
    return withContent(first, { ...part, refusal: part.refusal + addition.refusal })
  }
  return undefined
}

function withContent(
  event: MessageDeltaEvent,
  part: MessageDeltaEvent['data']['delta']['content'][number],
): MessageDeltaEvent {
  return { ...event, data: { ...event.data, delta: { content: [part] } } }
}

function mergeStepDeltas(first: StepDeltaEvent, second: StepDeltaEvent): StepDeltaEvent | undefined {
  const [call, ...others] = first.data.delta.step_details.tool_calls
  const [addition, ...more] = second.data.delta.step_details.tool_calls
  if (first.data.id !== second.data.id || !call || !addition || others.length > 0 || more.length > 0) return undefined
  if (call.type !== 'function' || addition.type !== 'function') return undefined
  if (call.index !== addition.index || addition.id !== undefined) return undefined
  const text = (call.function.arguments ?? '') + (addition.function.arguments ?? '')
  const merged = { ...call, function: { ...call.function, arguments: text } }
  const delta = { step_details: { type: 'tool_calls' as const, tool_calls: [merged] } }
  return { ...first, data: { ...first.data, delta } }
}
