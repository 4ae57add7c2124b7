import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { checkPostgres } from '../../adapters/database/open-store.ts'
import { DatabaseInUse, lockForProcess } from '../../adapters/database/process-lock.ts'
import { type Finding, reasonOf, well, wrong } from './finding.ts'
import { whyNotWritable } from './writable.ts'

const name = 'Database'

export interface DatabaseFinding extends Finding {
  /** Whether a server has it open. */
  readonly inUse: boolean
}

/** Whether a Postgres database answers. */
export async function checkPostgresDatabase(url: string): Promise<DatabaseFinding> {
  const { host, pathname } = new URL(url)
  try {
    await checkPostgres({ url })
    return { ...well(name, `Postgres, ${pathname.slice(1)} at ${host}`), inUse: false }
  } catch (error) {
    return { ...wrong(name, reasonOf(error), 'No server can start without its database.'), inUse: false }
  }
}

/**
 * Whether this user may write to the database and SQLite finds it sound. Changes nothing in it, and does not mind a
 * server that is using it.
 */
export function checkDatabase(databaseUrl: string): DatabaseFinding {
  const path = databaseUrl.replace(/^sqlite:/, '')
  const reason = whyNotWritable(dirname(path)) ?? whyReadOnly(path)
  if (reason !== null)
    return { ...wrong(name, reason, 'Make it, and the folder it is in, writable for this user.'), inUse: false }
  if (!existsSync(path)) return { ...well(name, `${path} (made at the first start)`), inUse: false }
  try {
    const inUse = isInUse(path)
    const complaints = quickCheck(path)
    if (complaints.length === 0) return { ...well(name, `${path}, sound${inUse ? ', in use by a server' : ''}`), inUse }
    return { ...wrong(name, `${path} is damaged: ${complaints[0]}`, 'Restore it from a backup.'), inUse }
  } catch (error) {
    const advice = 'Restore it from a backup, or move it away to start with an empty one.'
    return { ...wrong(name, `${path} cannot be opened (${reasonOf(error)})`, advice), inUse: false }
  }
}

function whyReadOnly(path: string): string | null {
  try {
    if (existsSync(path)) accessSync(path, constants.W_OK)
    return null
  } catch (error) {
    return `${path} cannot be written to (${reasonOf(error)})`
  }
}

function isInUse(path: string): boolean {
  try {
    lockForProcess(path).release()
    return false
  } catch (error) {
    if (error instanceof DatabaseInUse) return true
    throw error
  }
}

const checkRows = z.array(z.object({ quick_check: z.string() }))

/** What SQLite complains about. */
function quickCheck(path: string): string[] {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const rows = checkRows.parse(database.prepare('PRAGMA quick_check(1)').all())
    return rows.map((row) => row.quick_check).filter((line) => line !== 'ok')
  } finally {
    database.close()
  }
}
