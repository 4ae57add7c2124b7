import type { Query } from './query.ts'

/** Whatever runs compiled queries: one connection, or whichever of a pool is free. */
export interface Connection {
  all<Values, Row>(query: Query<Values, Row>, values: Values): Promise<Row[]>
  first<Values, Row>(query: Query<Values, Row>, values: Values): Promise<Row | undefined>
  /** How many rows it changed. */
  run<Values>(query: Query<Values>, values: Values): Promise<number>
}

/** The connection that one transaction has. */
export interface TransactionConnection extends Connection {
  /** For what nobody waits for: sent and forgotten, but where it fails the transaction fails. */
  post<Values>(query: Query<Values, unknown>, values: Values): Promise<void>
  /** The same, when all else is done: right before the commit, and with others of their kind always in the same order. */
  postLast<Values>(query: Query<Values, unknown>, values: Values): Promise<void>
}
