import { badRequest } from '../api/error.ts'
import type { Attachment, CreateMessageRequest } from '../api/message.ts'
import type { ToolResources } from '../api/tool.ts'
import type { Transaction } from '../ports/store.ts'
import { requireFiles } from './require-files.ts'

const maxCodeFiles = 20

/**
 * Rejects with `ApiError` when an attachment lacks its file or its tools, or names a file that does not exist. `at` is
 * where the attachments stand in the request.
 */
export async function checkAttachments(
  tx: Pick<Transaction, 'files'>,
  attachments: readonly Attachment[],
  at: string,
): Promise<void> {
  for (const [index, { file_id, tools }] of attachments.entries()) {
    if (file_id === undefined) throw missing(`${at}[${index}].file_id`)
    if (tools === undefined) throw missing(`${at}[${index}].tools`)
    await requireFiles(tx, [file_id])
  }
}

/** The files that a message attaches for the code interpreter. */
export function codeFiles({ attachments }: Pick<CreateMessageRequest, 'attachments'>): string[] {
  return (attachments ?? [])
    .filter(({ tools }) => tools?.some((tool) => tool.type === 'code_interpreter'))
    .flatMap(({ file_id }) => file_id ?? [])
}

/** The resources with these files at the end of the code interpreter's list, none of them twice, 20 at the most. */
export function addCodeFiles(resources: ToolResources, added: readonly string[]): ToolResources {
  if (added.length === 0) return resources
  const file_ids = [...new Set([...(resources.code_interpreter?.file_ids ?? []), ...added])]
  if (file_ids.length <= maxCodeFiles) return { ...resources, code_interpreter: { file_ids } }
  const param = 'tool_resources.code_interpreter.file_ids'
  throw badRequest(
    `Invalid '${param}': array too long. Expected an array with maximum length ${maxCodeFiles}, but got an array with length ${file_ids.length} instead.`,
    { param, code: 'array_above_max_length' },
  )
}

function missing(param: string) {
  return badRequest(`Missing required parameter: '${param}'.`, { param, code: 'missing_required_parameter' })
}
