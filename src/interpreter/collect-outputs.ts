import { basename } from 'node:path/posix'
import type { File } from '../api/file.ts'
import { BlobTooLarge } from '../ports/blobs.ts'
import { SandboxFailure, type SandboxFile, type SandboxSession } from '../ports/sandbox.ts'
import type { OutputFiles } from '../resources/output-files.ts'
import { untilAborted } from './put-files.ts'
import type { Workspace } from './workspace.ts'

/** What one call may leave behind. */
export interface OutputLimits {
  readonly files: number
  readonly bytes: number
}

/** A session lists no more; what lies beyond is not seen. */
const listedFiles = 1000

/** What a call wrote: its bytes are stored, its rows are not. */
export interface Collected {
  readonly files: readonly { path: string; file: File }[]
  readonly listing: ReadonlyMap<string, string>
  /** Paths that are there no more. */
  readonly removed: readonly string[]
  /** What the model has to know. */
  readonly notices: readonly string[]
}

/**
 * Stores what is new or changed since the workspace was last looked at. Rejects with the signal's reason once it is
 * aborted, with `SandboxFailure` when the session ends meanwhile, and with whatever keeps the bytes from being stored;
 * nothing is left then.
 */
export async function collectOutputs(
  workspace: Workspace,
  { session, outputs, limits, signal }: CollectParts,
): Promise<Collected> {
  const listed = await session.list()
  const changed = listed.filter((file) => isOutput(file, workspace))
  const files: { path: string; file: File }[] = []
  const leftOut: string[] = []
  let left = limits.bytes
  try {
    for (const { path, bytes } of changed) {
      const file = files.length < limits.files && bytes <= left ? await keep(path, left) : undefined
      if (file) files.push({ path, file })
      else leftOut.push(path)
      left -= file?.bytes ?? 0
    }
  } catch (error) {
    await outputs.discard(files.map(({ file }) => file))
    throw error
  }
  const full = listed.length >= listedFiles
  const listing = new Map(full ? workspace.listing : [])
  for (const { path, version } of listed) listing.set(path, version)
  // What could not be put there was not removed either.
  const removed = [...workspace.wrote.keys()].filter((path) => workspace.listing.has(path) && !listing.has(path))
  return { files, listing, removed, notices: [...aboutLeftOut(leftOut, limits), ...aboutFull(full)] }

  /** The stored file; undefined when it cannot be had, as when code that still runs has taken it away. */
  async function keep(path: string, maxBytes: number): Promise<File | undefined> {
    signal.throwIfAborted()
    try {
      const data = untilAborted(session.get(path), signal)
      return await outputs.write({ data, maxBytes, filename: () => basename(path) })
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof BlobTooLarge) return undefined
      if (!(error instanceof SandboxFailure)) throw error
      await session.list() // rejects when it was the session that failed, and not this file
      return undefined
    }
  }
}

interface CollectParts {
  session: SandboxSession
  outputs: OutputFiles
  limits: OutputLimits
  signal: AbortSignal
}

/** Compiled modules are made again when they are needed. */
function isOutput({ path, version }: SandboxFile, { listing }: Workspace): boolean {
  return listing.get(path) !== version && !path.split('/').includes('__pycache__')
}

function aboutLeftOut(paths: readonly string[], limits: OutputLimits): string[] {
  if (paths.length === 0) return []
  const some = paths.slice(0, 5).join(', ')
  const which = paths.length > 5 ? `${some} and ${paths.length - 5} more` : some
  const most = `${limits.files} files of ${Math.floor(limits.bytes / 1024 ** 2)} MiB together`
  return [
    `Not saved: ${which}. At most ${most} are saved after a call. ` +
      'They cannot be downloaded and are gone when the session ends; write fewer or smaller files, or one archive.',
  ]
}

function aboutFull(full: boolean): string[] {
  return full ? [`/mnt/data holds ${listedFiles} files or more; what lies beyond is not saved.`] : []
}
