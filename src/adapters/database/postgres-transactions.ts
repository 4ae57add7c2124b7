import type { TransactionConnection } from './connection.ts'
import { postgresConnection, type Sender, send } from './postgres-connection.ts'
import { translated } from './postgres-errors.ts'
import type { Lent, PostgresPool } from './postgres-pool.ts'
import { type Transactions, untilEnded } from './transactions.ts'

/**
 * Each transaction has a connection of the pool to itself. It begins with its first statement and goes on without waiting
 * for what was posted, so that it takes as many round trips as it asks questions, and one more for the commit.
 *
 * `read committed`: what a transaction relies on it holds with row locks, and it never has to be run again.
 */
export function pooledTransactions(pool: PostgresPool): Transactions {
  async function run<Result>(work: (connection: TransactionConnection) => Promise<Result>): Promise<Result> {
    const lent = await pool.lend()
    const transaction = begin(lent)
    const own = untilEnded(transaction.connection)
    try {
      const result = await work(own)
      own.end()
      await transaction.commit()
      lent.release(false)
      return result
    } catch (error) {
      own.end()
      lent.release(!(await transaction.undo()))
      throw error
    }
  }
  return { run, single: postgresConnection(pool) }
}

function begin(lent: Lent) {
  const sender: Sender = { query: (config) => noted(lent.query(config)) }
  const last: { name: string; post: () => void }[] = []
  let failure: unknown

  /** After one statement has failed, all that come later fail because of it. */
  async function noted<Result>(statement: Promise<Result>): Promise<Result> {
    try {
      return await statement
    } catch (error) {
      failure ??= translated(error)
      throw failure
    }
  }

  function unwatched(statement: Promise<unknown>): void {
    statement.catch(() => {}) // the commit tells of it
  }

  const connection: TransactionConnection = {
    ...postgresConnection(sender),
    async post(query, values) {
      unwatched(send(sender, query, values))
    },
    async postLast(query, values) {
      last.push({ name: query.name, post: () => unwatched(send(sender, query, values)) })
    },
  }

  async function commit(): Promise<void> {
    for (const { post } of last.sort((one, other) => (one.name < other.name ? -1 : 1))) post()
    const { command } = await sender.query({ text: 'commit' })
    if (command !== 'COMMIT') throw failure ?? new Error('the database has undone a transaction')
  }

  /** Whether the connection can be used again. */
  async function undo(): Promise<boolean> {
    return lent.query({ text: 'rollback' }).then(
      () => true,
      () => false,
    )
  }

  unwatched(sender.query({ text: 'begin isolation level read committed' }))
  return { connection, commit, undo }
}
