import pg from 'pg'
import { StoreUnreachable } from '../../ports/store.ts'

/** Thrown when the database does not answer: it is down, restarting, or out of reach. Whether it has committed is not known. */
export class DatabaseUnreachable extends StoreUnreachable {
  override readonly name = 'DatabaseUnreachable'

  constructor(cause: unknown) {
    super('The database cannot be reached', { cause })
  }
}

/** Thrown when the database refuses a statement. It leaves out what a row held, which belongs in no log. */
export class StatementRefused extends Error {
  override readonly name = 'StatementRefused'
  /** Postgres' own, like `23505` for a key that exists. */
  readonly code: string
  readonly table: string | undefined
  readonly constraint: string | undefined

  constructor({ code = '', message, table, constraint }: pg.DatabaseError) {
    super(`The database refused a statement: ${message}`)
    this.code = code
    this.table = table
    this.constraint = constraint
  }
}

/** Connection lost, too many connections, shut down by an administrator, crashed, starting up. */
const unreachable = /^(08|53300|57P0)/

/** What an adapter may let go of an error of the driver's. */
export function translated(error: unknown): unknown {
  if (error instanceof StatementRefused || error instanceof DatabaseUnreachable) return error
  if (!(error instanceof pg.DatabaseError)) return new DatabaseUnreachable(error)
  return unreachable.test(error.code ?? '') ? new DatabaseUnreachable(error) : new StatementRefused(error)
}
