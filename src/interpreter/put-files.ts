import { BlobMissing, type Blobs } from '../ports/blobs.ts'
import { SandboxFailure, type SandboxSession } from '../ports/sandbox.ts'
import type { Reader } from '../ports/store.ts'
import type { PlacedFile } from './placed-files.ts'
import { noteGiven, type Workspace } from './workspace.ts'

/**
 * Puts into the session what is not there yet: the files of the run, and what the thread's code wrote before, each also
 * under its id. Answers what the model has to know of files that could not be put. What is no longer given stays until
 * the session ends. Rejects with `SandboxFailure` when the session ends meanwhile, or with the signal's reason.
 */
export async function putFiles(
  workspace: Workspace,
  files: readonly PlacedFile[],
  { session, read, blobs, signal }: PutParts,
): Promise<string[]> {
  const notices: string[] = []
  const tried: string[] = []
  await putAll([...workspace.wrote].map(([path, file_id]) => ({ path, file_id })))
  await putAll(files.filter(({ path }) => !workspace.wrote.has(path)))
  noteGiven(workspace, files)
  if (tried.length > 0) await noteVersions()
  return notices

  async function putAll(wanted: readonly PlacedFile[]): Promise<void> {
    for (const file of wanted.filter(({ file_id }) => !workspace.known.has(file_id))) {
      signal.throwIfAborted()
      tried.push(file.path)
      const outcome = await put(file)
      if (outcome === 'gone') forget(file)
      else if (outcome !== 'put') notices.push(outcome)
      workspace.known.add(file.file_id)
    }
  }

  async function put({ file_id, path }: PlacedFile): Promise<'put' | 'gone' | string> {
    try {
      if (!(await read.files.get(file_id))) return 'gone'
      const data = untilAborted(await blobs.read(file_id), signal)
      await session.put(path, data, { alias: file_id })
      return 'put'
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof BlobMissing) return 'gone'
      if (!(error instanceof SandboxFailure)) throw error
      return `The file ${path} could not be put into /mnt/data: ${error.message}`
    }
  }

  /** Also shows whether the session is still there. Of these files alone: the others are looked at after the call, also those of one that was broken off before. */
  async function noteVersions(): Promise<void> {
    const listing = new Map(workspace.listing)
    const paths = new Set(tried)
    for (const { path, version } of await session.list()) if (paths.has(path)) listing.set(path, version)
    workspace.listing = listing
  }

  function forget({ path, file_id }: PlacedFile): void {
    if (workspace.wrote.get(path) !== file_id) return
    workspace.wrote = new Map([...workspace.wrote].filter(([each]) => each !== path))
  }
}

interface PutParts {
  session: SandboxSession
  read: Pick<Reader, 'files'>
  blobs: Pick<Blobs, 'read'>
  signal: AbortSignal
}

/** The same bytes, as long as the signal lets them through. */
export async function* untilAborted(data: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const chunk of data) {
    signal.throwIfAborted()
    yield chunk
  }
}
