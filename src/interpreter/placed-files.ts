import { fromText } from '../api/json.ts'
import type { InterpreterRow, Reader } from '../ports/store.ts'
import { safeName } from './safe-name.ts'

/** A file as code finds it: its id, and its path relative to `/mnt/data`. */
export interface PlacedFile {
  readonly file_id: string
  readonly path: string
}

/** What is kept of a thread's `/mnt/data`, as the JSON text of its row. */
export interface ThreadFiles {
  /** Files of the assistant, the run and the thread; kept so that each stays where it is when others come and go. */
  readonly given: readonly PlacedFile[]
  /** What code has written and not removed since; one at the path of a given file has taken its place. */
  readonly wrote: readonly PlacedFile[]
}

export function filesOf(row: InterpreterRow | undefined): ThreadFiles {
  return row ? fromText<ThreadFiles>(row.files) : { given: [], wrote: [] }
}

/**
 * Which files lie in `/mnt/data` for a run: those with these ids, each once, in order, then what the thread's code wrote
 * before. Their paths are unique, and stay the same from run to run. Files that are gone are left out, as are those whose
 * place was taken by what code made of them.
 */
export async function placedFiles(
  read: Pick<Reader, 'files' | 'interpreters'>,
  { thread_id, file_ids }: { thread_id: string; file_ids: readonly string[] },
): Promise<PlacedFile[]> {
  const before = filesOf(await read.interpreters.get(thread_id))
  const wrote: PlacedFile[] = []
  for (const file of before.wrote) if (await read.files.get(file.file_id)) wrote.push(file)
  const written = new Set(wrote.map(({ file_id }) => file_id))
  const given = new Map<string, string>()
  for (const file_id of new Set(file_ids)) {
    const row = written.has(file_id) ? undefined : await read.files.get(file_id)
    if (row) given.set(file_id, fromText(row.body).filename)
  }
  const kept = new Map(before.given.map(({ file_id, path }) => [file_id, path]))
  const taken = new Set([...wrote.flatMap(({ path }) => foldersOf(path)), ...given.keys()])
  for (const file_id of given.keys()) taken.add(kept.get(file_id) ?? file_id)
  const replaced = new Set(wrote.map(({ path }) => path))
  const placed = [...given].map(([file_id, filename]) => ({
    file_id,
    path: kept.get(file_id) ?? freePath(safeName(filename), taken),
  }))
  return [...placed.filter(({ path }) => !replaced.has(path)), ...wrote]
}

/** The path and every folder on the way to it: none of them can be the name of another file. */
function foldersOf(path: string): string[] {
  const parts = path.split('/')
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}

/** The name, or with the first number behind it that makes it free; it is taken then. */
function freePath(name: string, taken: Set<string>): string {
  const dot = name.lastIndexOf('.')
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, '']
  let path = name
  for (let number = 2; taken.has(path); number += 1) path = `${stem}-${number}${extension}`
  taken.add(path)
  return path
}
