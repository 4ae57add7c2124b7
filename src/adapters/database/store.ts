import type { Log } from '../../lib/log.ts'
import type { Store } from '../../ports/store.ts'
import type { Connection } from './connection.ts'
import { droppedSegments } from './dropped-segments.ts'
import { liveSegments } from './live-segments.ts'
import { loadSegments } from './load-segments.ts'
import { findOverdue } from './overdue.ts'
import type { Queries } from './queries.ts'
import { type JobListeners, jobQueue } from './queue.ts'
import { createReader } from './reader.ts'
import type { Transactions } from './transactions.ts'
import { createWriter } from './writer.ts'

/** The store over whatever runs its queries and transactions. */
export function createStore({
  queries,
  reader,
  transactions,
  listeners,
  shared,
  check,
  close,
  log,
}: StoreParts): Store {
  const dropped = droppedSegments({ queries: queries.segments, transactions, log })
  dropped.clear()

  return {
    read: (project) => createReader(queries, reader, project),
    async transaction(project, work) {
      const after = new Set<() => void>()
      const aftermath = { freed: () => after.add(listeners.wake), dropped: () => after.add(dropped.clear) }
      const result = await transactions.run((connection) =>
        work(createWriter({ queries, connection, aftermath }, project)),
      )
      for (const each of after) each()
      return result
    },
    queue: jobQueue({ queries: queries.jobs, reader, single: transactions.single, listeners, shared }),
    segments: {
      live: liveSegments({ queries: queries.liveSegments, reader }),
      load: loadSegments({ queries: queries.segments, reader }),
      outside: (space, page) => reader.all(queries.segments.outside, { space, ...page }),
    },
    overdue: (now, limit) => findOverdue(queries.overdue, reader, { now, limit }),
    check,
    async close() {
      await dropped.close()
      await close()
    },
  }
}

interface StoreParts {
  readonly queries: Queries
  readonly reader: Connection
  readonly transactions: Transactions
  readonly listeners: JobListeners
  /** Whether other processes work on the same database. */
  readonly shared: boolean
  readonly check: Store['check']
  readonly close: Store['close']
  readonly log: Log | undefined
}
