import { fromText, type JsonText, toText } from '../api/json.ts'
import type { RunStep, ToolCall } from '../api/run-step.ts'
import type { PlacedFile } from '../interpreter/placed-files.ts'
import type { StepRow } from '../ports/store.ts'
import type { Passage } from '../tools/tool.ts'

/** What a step's row keeps of a call that the server carried out, beyond what the step shows. */
export interface CarriedOutCall {
  readonly id: string
  /** The name under which the model called it. */
  readonly name: string
  readonly arguments: string
  /** What the model read. */
  readonly output: string
  /** The number under which the model can cite its passages. */
  readonly position: number
  readonly passages: readonly Passage[]
  /** Images that the next message shows, by their file ids. */
  readonly images: readonly string[]
  /** Files to which the model can link from then on. */
  readonly files: readonly PlacedFile[]
}

export function callDetails(calls: readonly CarriedOutCall[]): JsonText<CarriedOutCall[]> {
  return toText([...calls])
}

/** The calls that the server carried out in this step; none for messages and functions. */
export function carriedOut({ details }: StepRow): CarriedOutCall[] {
  return details === null ? [] : fromText<CarriedOutCall[]>(details)
}

/** Images that calls made since the run last said something. */
export function unshownImages(steps: readonly StepRow[]): string[] {
  const spoken = steps.findLastIndex((step) => fromText(step.body).type === 'message_creation')
  return steps.slice(spoken + 1).flatMap((step) => carriedOut(step).flatMap(({ images }) => images))
}

/** A step of calls with this one as all that it shows. */
export function withCall(step: RunStep, call: ToolCall): RunStep {
  return { ...step, step_details: { type: 'tool_calls', tool_calls: [call] } }
}
