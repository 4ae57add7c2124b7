import { badRequest, notFound } from '../api/error.ts'
import type { Tool, ToolResources } from '../api/tool.ts'
import type { NewToolResourcesInput } from '../api/vector-store.ts'
import type { Transaction } from '../ports/store.ts'
import { requireFiles } from './require-files.ts'

/**
 * The tool resources after a request, every id in it known to exist. Left out keeps them, null empties them; of what
 * is given, each list replaces its predecessor wholesale and a list left out stays. Throws `ApiError` for files and
 * stores that do not exist, and for a store to be made, since this server searches no files yet.
 */
export async function mergeToolResources(
  tx: Pick<Transaction, 'files'>,
  current: ToolResources,
  given: NewToolResourcesInput | null | undefined,
): Promise<ToolResources> {
  if (given === undefined) return current
  if (given === null) return {}
  const { code_interpreter, file_search } = given
  refuseStores(file_search)
  if (code_interpreter?.file_ids) await requireFiles(tx, code_interpreter.file_ids)
  return {
    ...current,
    ...(code_interpreter && {
      code_interpreter: { file_ids: code_interpreter.file_ids ?? current.code_interpreter?.file_ids ?? [] },
    }),
    ...(file_search && { file_search: { vector_store_ids: [] } }),
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

function refuseStores(file_search: NewToolResourcesInput['file_search']) {
  const [unknown] = file_search?.vector_store_ids ?? []
  if (unknown !== undefined) throw notFound('vector store', unknown)
  if (!file_search?.vector_stores?.length) return
  throw badRequest(
    "File search is not available on this server yet, so no vector store can be made. Leave out 'vector_stores' and put the text into the messages or the instructions.",
    { param: 'tool_resources.file_search.vector_stores' },
  )
}
