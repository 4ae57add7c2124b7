import { chown, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isOfDeadServer, serverMark } from './server-mark.ts'

/** A folder of one session outside its sandbox, named after this server, and for `owner` alone if that is another user. */
export async function makeSessionFolder(kind: string, owner?: { uid: number }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `reprise-${kind}.${serverMark()}.`))
  if (owner) await chown(folder, owner.uid, owner.uid)
  return folder
}

/** Links in it are removed, not followed. */
export async function removeSessionFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 })
}

/** The folders of servers that are gone. */
export async function foldersLeftBehind(kind: string): Promise<string[]> {
  const names = await readdir(tmpdir())
  return names.filter((name) => isLeftBehind(name, kind)).map((name) => join(tmpdir(), name))
}

function isLeftBehind(name: string, kind: string): boolean {
  const [prefix, mark, random] = name.split('.')
  return prefix === `reprise-${kind}` && mark !== undefined && random !== undefined && isOfDeadServer(mark)
}
