import type { Connection } from './connection.ts'

/** Runs work in transactions. */
export interface Transactions {
  /** All that was done through `connection` is durable when this resolves, and undone when it rejects. */
  run<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result>
}
