import { type JsonText, toText } from '../api/json.ts'
import type { InterpreterRow } from '../ports/store.ts'
import { filesOf, type PlacedFile, type ThreadFiles } from './placed-files.ts'

/** What is known of the `/mnt/data` of one session. Each call works on it, one after another. */
export interface Workspace {
  /** Ids of the files that were put there, could not be put there, or were written there. */
  readonly known: Set<string>
  /** Ids of what code wrote, also of what it has replaced since. */
  readonly made: Set<string>
  /** What lies there: the version of each path when it was last looked at. */
  listing: ReadonlyMap<string, string>
  given: readonly PlacedFile[]
  /** What code wrote, by path. */
  wrote: ReadonlyMap<string, string>
  /** The files of the thread's row; undefined while it has none, or is another node's. */
  saved: string | undefined
}

/** The workspace of a session that is fresh on this node: nothing lies there yet. */
export function newWorkspace(row: InterpreterRow | undefined, node: string | null): Workspace {
  const { given, wrote } = filesOf(row)
  return {
    known: new Set(),
    made: new Set(wrote.map(({ file_id }) => file_id)),
    listing: new Map(),
    given,
    wrote: new Map(wrote.map(({ path, file_id }) => [path, file_id])),
    saved: row?.node === node ? row.files : undefined,
  }
}

/** What the thread's row has to hold now. */
export function filesText({ given, wrote }: Workspace): JsonText<ThreadFiles> {
  return toText<ThreadFiles>({ given, wrote: [...wrote].map(([path, file_id]) => ({ file_id, path })) })
}

/** Notes which files the run gives, keeping the places of those that code has replaced. */
export function noteGiven(workspace: Workspace, files: readonly PlacedFile[]): void {
  const given = files.filter(({ file_id }) => !workspace.made.has(file_id))
  const ids = new Set(given.map(({ file_id }) => file_id))
  const replaced = workspace.given.filter(({ file_id, path }) => workspace.wrote.has(path) && !ids.has(file_id))
  workspace.given = [...replaced, ...given]
}
