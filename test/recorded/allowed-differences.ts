import { isDeepStrictEqual } from 'node:util'
import type { Json } from '../support/json.ts'
import type { Difference } from './compare.ts'

/** A difference that was decided on. */
export interface AllowedDifference extends Pick<Difference, 'where' | 'kind'> {
  /** What we say; any value where it is left out. */
  readonly ours?: Json
  /** The line of `docs/compatibility.md` that says why. */
  readonly row: string
}

const searched = 'step_details.tool_calls[].file_search.results[]'

export const allowedDifferences: readonly AllowedDifference[] = [
  { where: 'assistant.tools[].file_search.ranking_options.hybrid_search', kind: 'missing', row: 'hybrid-search' },
  { where: 'thread.run.tools[].file_search.ranking_options.hybrid_search', kind: 'missing', row: 'hybrid-search' },
  { where: `thread.run.step.${searched}.score`, kind: 'value', row: 'search-scores' },
  { where: 'thread.tool_resources.code_interpreter', kind: 'missing', row: 'thread-tool-resources' },
  { where: 'thread.message.status', kind: 'extra', ours: 'completed', row: 'message-status' },
  { where: 'thread.message.incomplete_details', kind: 'extra', ours: null, row: 'message-status' },
  { where: 'thread.message.incomplete_at', kind: 'extra', ours: null, row: 'message-status' },
  { where: 'thread.message.completed_at', kind: 'extra', row: 'message-status' },
  { where: 'thread.message.attachments', kind: 'extra', ours: [], row: 'modified-message' },
  { where: 'thread.message.file_ids', kind: 'missing', row: 'modified-message' },
  { where: 'thread.run.instructions', kind: 'type', ours: '', row: 'run-instructions' },
  { where: 'thread.run.tool_resources.code_interpreter', kind: 'missing', row: 'run-tool-resources' },
  { where: 'vector_store.name', kind: 'type', ours: '', row: 'store-name' },
  { where: 'vector_store.file_batch.object', kind: 'value', ours: 'vector_store.files_batch', row: 'batch-object' },
  { where: 'vector_store.file.usage_bytes', kind: 'extra', row: 'batch-files' },
  { where: 'vector_store.file.chunking_strategy', kind: 'extra', row: 'batch-files' },
  { where: 'vector_store.file.attributes', kind: 'extra', ours: {}, row: 'batch-files' },
  { where: 'thread.run.step.expired_at', kind: 'extra', ours: null, row: 'step-fields' },
  { where: 'thread.run.step.metadata', kind: 'extra', ours: {}, row: 'step-fields' },
]

/** Whether this is the difference that was decided on. */
export function allows(allowed: AllowedDifference, { where, kind, ours }: Difference): boolean {
  return (
    allowed.where === where && allowed.kind === kind && (!('ours' in allowed) || isDeepStrictEqual(allowed.ours, ours))
  )
}
