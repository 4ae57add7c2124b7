import { fromText, type JsonText, toText } from '../api/json.ts'
import type { ToolResources } from '../api/tool.ts'
import type { Row, Transaction } from '../ports/store.ts'
import { removeFromStore } from './settle-files.ts'

/** Takes a file out of every vector store, and off the code interpreter's list of every assistant and thread. */
export async function detachFile(tx: Transaction, file_id: string): Promise<void> {
  for (const row of await tx.vectorStoreFiles.holding(file_id)) await removeFromStore(tx, row)
  for (const row of await tx.assistants.mentioning(file_id)) {
    const body = without(file_id, row)
    if (body) await tx.assistants.update(row.id, { body })
  }
  for (const row of await tx.threads.mentioning(file_id)) {
    const body = without(file_id, row)
    if (body) await tx.threads.update(row.id, { body })
  }
}

/** The object without the file, or undefined when the file was not on its list. */
function without<Owner extends { tool_resources: ToolResources }>(
  file_id: string,
  row: Row<Owner>,
): JsonText<Owner> | undefined {
  const owner = fromText(row.body)
  const { code_interpreter } = owner.tool_resources
  if (!code_interpreter?.file_ids.includes(file_id)) return undefined
  const file_ids = code_interpreter.file_ids.filter((id) => id !== file_id)
  return toText({ ...owner, tool_resources: { ...owner.tool_resources, code_interpreter: { file_ids } } })
}
