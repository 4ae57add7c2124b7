import type { Job, JobQueue } from '../../ports/queue.ts'
import type { Connection } from './connection.ts'
import type { JobQueries } from './jobs.ts'

/** So often a claim looks for what other processes have left. */
const roundsAmongOthers = 3

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
  single,
  listeners,
  shared,
}: {
  queries: JobQueries
  reader: Connection
  /** Each statement is a transaction of its own. */
  single: Connection
  listeners: JobListeners
  /** Whether other processes claim jobs, too. */
  shared: boolean
}): JobQueue {
  return {
    async claim({ kinds, lease, now, limit }) {
      const claimed: (Job & { seq: number })[] = []
      // Again when others have just claimed what was chosen: there may be more behind it.
      const rounds = shared ? roundsAmongOthers : 1
      for (let round = 0; round < rounds && claimed.length < limit; round++) {
        const values = { ...lease, kinds, now, limit: limit - claimed.length }
        if (!(await reader.first(queries.due, values))) break // an idle worker writes nothing
        claimed.push(...(await single.all(queries.claim, values)))
      }
      return claimed.sort((one, other) => one.seq - other.seq).map(({ seq, ...job }) => job)
    },
    async accept(job, { from, lease }) {
      const [accepted] = await single.all(queries.accept, { ...job, from, ...lease })
      return accepted
    },
    async heartbeat({ owner, until }) {
      await single.run(queries.heartbeat, { owner, until })
      const held = await single.all(queries.heldBy, { owner })
      return held.map((job) => job.id)
    },
    async release(id, { owner, runAt }) {
      const released = await single.run(queries.release, { id, owner, run_at: runAt })
      if (released > 0) listeners.wake()
    },
    async depth() {
      return (await reader.first(queries.depth, {})) ?? { waiting: 0, leased: 0 }
    },
    onAdded: (listener) => listeners.add(listener),
  }
}
