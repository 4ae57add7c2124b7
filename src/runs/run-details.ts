import { fromText, type JsonText, toText } from '../api/json.ts'
import type { ToolResources } from '../api/tool.ts'
import type { RunRow } from '../ports/store.ts'

/** What a run's row keeps beyond what the run shows. */
export interface RunDetails {
  /** Whether its stream shows what `include[]` asks for. */
  readonly full: boolean
  /** The assistant's resources as they were when the run was created, and those given with the run. */
  readonly resources: readonly ToolResources[]
  /** The node at which somebody follows its first leg; absent where nobody does, or there is only one node. */
  readonly follower?: string
}

export function runDetails(details: RunDetails): JsonText<RunDetails> {
  return toText(details)
}

export function detailsOf({ details }: RunRow): RunDetails {
  return fromText<RunDetails>(details)
}
