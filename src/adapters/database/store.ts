import type { Store } from '../../ports/store.ts'
import type { Connection } from './connection.ts'
import { findOverdue } from './overdue.ts'
import type { Queries } from './queries.ts'
import { jobListeners, jobQueue } from './queue.ts'
import { createReader } from './reader.ts'
import type { Transactions } from './transactions.ts'
import { createWriter } from './writer.ts'

/** The store over whatever runs its queries and transactions. */
export function createStore({
  queries,
  reader,
  transactions,
  check,
  close,
}: {
  queries: Queries
  reader: Connection
  transactions: Transactions
  check: Store['check']
  close: Store['close']
}): Store {
  const listeners = jobListeners()

  return {
    read: (project) => createReader(queries, reader, project),
    async transaction(project, work) {
      let added = false
      function freed() {
        added = true
      }
      const result = await transactions.run((connection) => work(createWriter({ queries, connection, freed }, project)))
      if (added) listeners.wake()
      return result
    },
    queue: jobQueue({ queries: queries.jobs, reader, transactions, listeners }),
    overdue: (now, limit) => findOverdue(queries.overdue, reader, { now, limit }),
    check,
    close,
  }
}
