import type { Connection, TransactionConnection } from './connection.ts'

/** Runs work in transactions. */
export interface Transactions {
  /** All that was done through `connection` is durable when this resolves, and undone when it rejects. */
  run<Result>(work: (connection: TransactionConnection) => Promise<Result>): Promise<Result>
  /** Each of its statements is a transaction of its own. */
  readonly single: Connection
}

/** The connection as one transaction has it. Used after its end, it would change what belongs to another. */
export function untilEnded(connection: TransactionConnection): TransactionConnection & { end(): void } {
  let ended = false

  function open(): TransactionConnection {
    if (ended) throw new Error('this transaction has ended')
    return connection
  }
  return {
    all: async (query, values) => open().all(query, values),
    first: async (query, values) => open().first(query, values),
    run: async (query, values) => open().run(query, values),
    post: async (query, values) => open().post(query, values),
    postLast: async (query, values) => open().postLast(query, values),
    end() {
      ended = true
    },
  }
}
