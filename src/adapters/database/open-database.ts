import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Log } from '../../lib/log.ts'
import type { Store } from '../../ports/store.ts'
import { createCheckpoints } from './checkpoints.ts'
import { groupCommit } from './group-commit.ts'
import { migrate } from './migrate.ts'
import { lockForProcess } from './process-lock.ts'
import { compileQueries } from './queries.ts'
import { jobListeners } from './queue.ts'
import { sqliteConnection } from './sqlite-connection.ts'
import { createStore } from './store.ts'
import { openWalFlush } from './wal-flush.ts'

/**
 * Opens the SQLite database at `path`, makes it when it is not there, and brings it to the newest schema. Rejects with
 * `DatabaseInUse` while another process has it open.
 */
export async function openSqlite({ path, log }: { path: string; log?: Log }): Promise<Store> {
  await mkdir(dirname(path), { recursive: true })
  await using opening = new AsyncDisposableStack()
  const lock = lockForProcess(path)
  opening.defer(() => lock.release())

  const writer = new DatabaseSync(path)
  opening.defer(() => writer.close())
  writer.exec('pragma journal_mode = wal; pragma synchronous = full; pragma temp_store = memory')
  migrate(writer)
  const queries = compileQueries('sqlite')
  const connection = sqliteConnection(writer)
  await connection.run(queries.jobs.releaseAll, {}) // nobody else is alive, so every lease is of a process that ended

  const reader = new DatabaseSync(path, { readOnly: true })
  opening.defer(() => reader.close())
  const wal = await openWalFlush(path)
  opening.defer(() => wal.close())
  const checkpoints = createCheckpoints({ path, database: writer, log })
  opening.defer(() => checkpoints.close())
  // From here on commits are made durable by `wal.flush`, and the log is kept short by `checkpoints`.
  writer.exec('pragma synchronous = normal; pragma wal_autocheckpoint = 0')
  const { afterCommit } = checkpoints
  const transactions = groupCommit({ database: writer, connection, wal, afterCommit })
  opening.defer(() => transactions.close())

  const open = opening.move()
  const alive = reader.prepare('select 1')
  return createStore({
    queries,
    reader: sqliteConnection(reader),
    transactions,
    listeners: jobListeners(),
    shared: false,
    async check() {
      wal.check()
      alive.get()
    },
    close: () => open.disposeAsync(),
    log,
  })
}
