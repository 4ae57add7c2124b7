import type { DatabaseSync } from 'node:sqlite'
import type { TransactionConnection } from './connection.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import { type Transactions, untilEnded } from './transactions.ts'
import type { WalFlush } from './wal-flush.ts'

/** So many transactions share a commit at the most; the event loop gets a turn in between. */
const groupSize = 128

/** Tells the caller of one transaction what became of it. */
type Outcome = () => void

/** One waiting transaction: runs its work, and answers how to tell the caller once its group is durable. */
interface Waiting {
  attempt(): Promise<Outcome>
  reject(error: unknown): void
}

/**
 * Transactions of one moment share a commit, and the flush that makes it durable. Each runs in its own savepoint, one
 * after the other, so one that rejects undoes only itself; if the commit or the flush fails, all of its group reject.
 *
 * `afterCommit` holds up the next group. `close` waits for all that was begun, and refuses whatever comes later.
 */
export function groupCommit({
  database,
  connection,
  wal,
  afterCommit,
}: {
  database: DatabaseSync
  connection: SqliteConnection
  wal: Pick<WalFlush, 'flush' | 'check'>
  afterCommit: () => Promise<void>
}): Transactions & { close(): Promise<void> } {
  const begin = database.prepare('begin immediate')
  const commit = database.prepare('commit')
  const savepoint = database.prepare('savepoint one')
  const release = database.prepare('release one')
  const undo = database.prepare('rollback to one')
  const waiting: Waiting[] = []
  let working: Promise<void> | undefined
  let closed = false

  function run<Result>(work: (connection: TransactionConnection) => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (closed) throw new Error('the store is closed')
      waiting.push({ reject, attempt: () => attempt(work, resolve, reject) })
      working ??= workOff()
    })
  }

  async function attempt<Result>(
    work: (connection: TransactionConnection) => Promise<Result>,
    resolve: (result: Result) => void,
    reject: (error: unknown) => void,
  ): Promise<Outcome> {
    const own = untilEnded(connection)
    savepoint.run()
    try {
      const result = await work(own)
      own.end()
      release.run()
      return () => resolve(result)
    } catch (error) {
      own.end()
      if (!database.isTransaction) throw error // the disk is full or failed, and SQLite has undone the whole group
      undo.run()
      release.run()
      return () => reject(error)
    }
  }

  async function workOff(): Promise<void> {
    await new Promise(setImmediate) // whatever this turn of the event loop still brings joins the first group
    while (waiting.length > 0) {
      const group = waiting.splice(0, groupSize)
      for (const tell of await settle(group)) tell()
      await afterCommit()
    }
    working = undefined // at once: whoever is told above may come back before this promise is settled
  }

  async function settle(group: readonly Waiting[]): Promise<Outcome[]> {
    const before = connection.changes()
    try {
      wal.check() // what cannot be made durable should not be seen either
      begin.run()
      const outcomes: Outcome[] = []
      for (const each of group) outcomes.push(await each.attempt())
      commit.run()
      if (connection.changes() > before) await wal.flush()
      return outcomes
    } catch (error) {
      if (database.isOpen && database.isTransaction) database.exec('rollback')
      return group.map((each) => () => each.reject(error))
    }
  }

  async function close(): Promise<void> {
    closed = true
    await working
  }
  return {
    run,
    single: {
      all: (query, values) => run((own) => own.all(query, values)),
      first: (query, values) => run((own) => own.first(query, values)),
      run: (query, values) => run((own) => own.run(query, values)),
    },
    close,
  }
}
