import type { Query } from './query.ts'

/** Whatever runs compiled queries: one connection, or whichever of a pool is free. */
export interface Connection {
  all<Values, Row>(query: Query<Values, Row>, values: Values): Promise<Row[]>
  first<Values, Row>(query: Query<Values, Row>, values: Values): Promise<Row | undefined>
  /** How many rows it changed. */
  run<Values>(query: Query<Values>, values: Values): Promise<number>
}
