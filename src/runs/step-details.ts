import { fromText, type JsonText, toText } from '../api/json.ts'
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
}

export function callDetails(calls: readonly CarriedOutCall[]): JsonText<CarriedOutCall[]> {
  return toText([...calls])
}

/** The calls that the server carried out in this step; none for messages and functions. */
export function carriedOut({ details }: StepRow): CarriedOutCall[] {
  return details === null ? [] : fromText<CarriedOutCall[]>(details)
}
