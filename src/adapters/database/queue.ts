import type { JobQueue } from '../../ports/queue.ts'
import type { Connection } from './connection.ts'
import type { JobQueries } from './jobs.ts'
import type { Transactions } from './transactions.ts'

/** The listeners of `onAdded`; `wake` is called once what was added is durable. */
export interface JobListeners {
  add(listener: () => void): () => void
  wake(): void
}

export function jobListeners(): JobListeners {
  const listeners = new Set<() => void>()
  return {
    add(listener) {
      const own = () => listener() // one listener may be added twice, and each is removed for itself
      listeners.add(own)
      return () => listeners.delete(own)
    },
    wake() {
      for (const listener of listeners) listener()
    },
  }
}

export function jobQueue({
  queries,
  reader,
  transactions,
  listeners,
}: {
  queries: JobQueries
  reader: Connection
  transactions: Transactions
  listeners: JobListeners
}): JobQueue {
  return {
    async claim({ kinds, lease, now, limit }) {
      const values = { ...lease, kinds: JSON.stringify(kinds), now, limit }
      if (!(await reader.first(queries.due, values))) return [] // an idle worker writes nothing
      const claimed = await transactions.run((connection) => connection.all(queries.claim, values))
      return claimed.sort((one, other) => one.seq - other.seq).map(({ seq, ...job }) => job)
    },
    async heartbeat(lease) {
      const held = await transactions.run((connection) => connection.all(queries.heartbeat, { ...lease }))
      return held.map((job) => job.id)
    },
    async release(id, { owner, runAt }) {
      const values = { id, owner, run_at: runAt }
      const released = await transactions.run((connection) => connection.run(queries.release, values))
      if (released > 0) listeners.wake()
    },
    async depth() {
      return (await reader.first(queries.depth, {})) ?? { waiting: 0, leased: 0 }
    },
    onAdded: (listener) => listeners.add(listener),
  }
}
