import { DatabaseSync } from 'node:sqlite'

/** Thrown when another process, or another store of this one, works on the same database. */
export class DatabaseInUse extends Error {
  override readonly name = 'DatabaseInUse'

  constructor(path: string) {
    super(
      `Another Reprise process is using this data folder (${path} is locked). Stop it, or choose another data folder.`,
    )
  }
}

/**
 * Holds the database for this process alone. The lock is an open transaction on a tiny database beside it, so the
 * operating system drops it when the process ends, however it ends.
 */
export function lockForProcess(databasePath: string): { release(): void } {
  const path = `${databasePath}-lock`
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec('begin exclusive')
  } catch (error) {
    database.close()
    throw isBusy(error) ? new DatabaseInUse(path) : error
  }
  return { release: () => database.close() }
}

const sqliteBusy = 5

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy
}
