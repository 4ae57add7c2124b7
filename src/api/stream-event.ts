import type { Annotation, Message } from './message.ts'
import type { Run } from './run.ts'
import type { CodeOutput, RunStep, ToolCall } from './run-step.ts'
import type { Thread } from './thread.ts'

/** Text that continues a message: `content[].index` is dense, text is appended, annotations come whole. */
export type MessageDelta = {
  id: string
  object: 'thread.message.delta'
  delta: { content: MessageDeltaPart[] }
}

export type MessageDeltaPart =
  | { index: number; type: 'text'; text: { value?: string; annotations?: AnnotationDelta[] } }
  | { index: number; type: 'refusal'; refusal: string }
  | { index: number; type: 'image_file'; image_file: { file_id: string } }

/** Comes whole, with its place among the annotations of its text; the empty quote was on the wire. */
export type AnnotationDelta =
  | ({ index: number } & Extract<Annotation, { type: 'file_path' }>)
  | ({ index: number; file_citation: { file_id: string; quote: '' } } & Extract<Annotation, { type: 'file_citation' }>)

/** A piece of a tool call: the first for an index carries id and names, the following ones only what is appended. */
export type RunStepDelta = {
  id: string
  object: 'thread.run.step.delta'
  delta: { step_details: { type: 'tool_calls'; tool_calls: ToolCallDelta[] } }
}

export type ToolCallDelta = FunctionCallDelta | FileSearchDelta | CodeDelta

export type FunctionCallDelta = {
  index: number
  id?: string
  type: 'function'
  function: { name?: string; arguments?: string; output?: null }
}

/** Comes once, when the search begins; the results come with the step. */
export type FileSearchDelta = { index: number } & Extract<ToolCall, { type: 'file_search' }>

/** First the call with an empty input, then the code as it is written, then what it puts out. */
export type CodeDelta = {
  index: number
  id?: string
  type: 'code_interpreter'
  code_interpreter: { input?: string; outputs?: ({ index: number } & CodeOutput)[] }
}

type RunEventName =
  | 'thread.run.created'
  | 'thread.run.queued'
  | 'thread.run.in_progress'
  | 'thread.run.requires_action'
  | 'thread.run.completed'
  | 'thread.run.incomplete'
  | 'thread.run.failed'
  | 'thread.run.cancelling'
  | 'thread.run.cancelled'
  | 'thread.run.expired'

type StepEventName =
  | 'thread.run.step.created'
  | 'thread.run.step.in_progress'
  | 'thread.run.step.completed'
  | 'thread.run.step.failed'
  | 'thread.run.step.cancelled'
  | 'thread.run.step.expired'

type MessageEventName =
  | 'thread.message.created'
  | 'thread.message.in_progress'
  | 'thread.message.completed'
  | 'thread.message.incomplete'

/** Trouble of the stream itself. Inner and outer fields say the same, since clients read one or the other. */
export type StreamError = {
  error: { message: string; type: string; param: null; code: string | null }
  message: string
  type: string
  param: null
  code: string | null
}

/** The closed union of what a stream can say. `done` is the last event, always. */
export type StreamEvent =
  | { event: 'thread.created'; data: Thread }
  | { event: RunEventName; data: Run }
  | { event: StepEventName; data: RunStep }
  | { event: 'thread.run.step.delta'; data: RunStepDelta }
  | { event: MessageEventName; data: Message }
  | { event: 'thread.message.delta'; data: MessageDelta }
  | { event: 'error'; data: StreamError }
  | { event: 'done'; data: '[DONE]' }
