import type { Tool, ToolResources, ToolResourcesInput } from '../api/tool.ts'
import type { Transaction } from '../ports/store.ts'
import { requireStore } from './change-store.ts'
import { requireFiles } from './require-files.ts'

/**
 * The tool resources after a request, every id that it gives known to exist. Left out keeps them, null empties them; of
 * what is given, each list replaces its predecessor wholesale and a list left out stays. Throws `ApiError` for files and
 * stores that do not exist.
 */
export async function mergeToolResources(
  tx: Pick<Transaction, 'files' | 'vectorStores'>,
  current: ToolResources,
  given: ToolResourcesInput | null | undefined,
): Promise<ToolResources> {
  if (given === undefined) return current
  if (given === null) return {}
  const { code_interpreter, file_search } = given
  if (code_interpreter?.file_ids) await requireFiles(tx, code_interpreter.file_ids)
  for (const id of file_search?.vector_store_ids ?? []) await requireStore(tx, id)
  return {
    ...current,
    ...(code_interpreter && {
      code_interpreter: { file_ids: code_interpreter.file_ids ?? current.code_interpreter?.file_ids ?? [] },
    }),
    ...(file_search && {
      file_search: { vector_store_ids: file_search.vector_store_ids ?? current.file_search?.vector_store_ids ?? [] },
    }),
  }
}

/** Tool resources as an assistant shows them: a tool that is on has its list, if only an empty one. */
export function resourcesOf(tools: readonly Tool[], resources: ToolResources): ToolResources {
  const has = (type: Tool['type']) => tools.some((tool) => tool.type === type)
  return {
    ...(has('code_interpreter') && { code_interpreter: { file_ids: [] } }),
    ...(has('file_search') && { file_search: { vector_store_ids: [] } }),
    ...resources,
  }
}
