import { fromText } from '../api/json.ts'
import type { Run } from '../api/run.ts'
import type { ToolResources } from '../api/tool.ts'
import { type PlacedFile, placedFiles } from '../interpreter/placed-files.ts'
import type { Reader } from '../ports/store.ts'
import type { RunMaterials } from '../tools/tool.ts'
import type { RunDetails } from './run-details.ts'
import { searchedStores, type WaitForFiles } from './searched-stores.ts'

interface MaterialParts {
  project: string
  read: Pick<Reader, 'threads' | 'vectorStores' | 'files' | 'interpreters'>
  waitForFiles: WaitForFiles
  signal: AbortSignal
}

/**
 * Gathers the stores and files of the assistant, the run and the thread, once the thread's files are ready to be
 * searched. Nothing is read for tools that the run does not have. Rejects with `StoreExpired` when the time of a store
 * is over.
 */
export async function runMaterials(run: Run, details: RunDetails, parts: MaterialParts): Promise<RunMaterials> {
  const stores = await searchedStores(run, details, parts)
  return { ...stores, files: await codeFiles(run, details, parts) }
}

async function codeFiles(run: Run, details: RunDetails, { read }: MaterialParts): Promise<PlacedFile[]> {
  if (!run.tools.some(({ type }) => type === 'code_interpreter')) return []
  const thread = await read.threads.get(run.thread_id)
  const resources = [...details.resources, ...(thread ? [fromText(thread.body).tool_resources] : [])]
  const file_ids = [...new Set(resources.flatMap(filesOf))]
  return placedFiles(read, { thread_id: run.thread_id, file_ids })
}

function filesOf({ code_interpreter }: ToolResources): readonly string[] {
  return code_interpreter?.file_ids ?? []
}
