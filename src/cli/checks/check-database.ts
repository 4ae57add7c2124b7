import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { DatabaseInUse, lockForProcess } from '../../adapters/database/process-lock.ts'
import { type Finding, reasonOf, well, wrong } from './finding.ts'

const name = 'Database'

export interface DatabaseFinding extends Finding {
  /** Whether a server has it open. */
  readonly inUse: boolean
}

/** Whether SQLite finds the database sound. Changes nothing in it, and does not mind a server that is using it. */
export function checkDatabase(databaseUrl: string): DatabaseFinding {
  const path = databaseUrl.replace(/^sqlite:/, '')
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
