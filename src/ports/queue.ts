/**
 * Durable work. A job is added in the transaction that makes the record it is about, claimed under a lease by one
 * worker, and gone when it is completed. A lease that lapses gives the job to somebody else, so a handler may meet
 * work that was half done and must continue it from the rows.
 */
export interface JobQueue {
  /**
   * Takes up to `limit` jobs that are free and due and leases them to `lease.owner`: fairly between projects, within a
   * project the lanes in turn, within a lane the oldest first. Empty when there is nothing to do.
   */
  claim(options: { kinds: readonly string[]; lease: Lease; now: number; limit: number }): Promise<Job[]>
  /**
   * Takes a job that was added under a lease of `from`. Undefined when somebody has claimed it meanwhile, and when it is
   * gone.
   */
  accept(job: { project: string; id: string }, options: { from: string; lease: Lease }): Promise<Job | undefined>
  /** Extends every lease of this owner; answers the ids still held. A job missing from them was lost to another. */
  heartbeat(lease: Lease): Promise<string[]>
  /** Gives the job back, to be claimed from `runAt` on (Unix milliseconds). Does nothing when it is no longer held. */
  release(id: string, options: { owner: string; runAt: number }): Promise<void>
  /** How many jobs wait or are under way. */
  depth(): Promise<{ waiting: number; leased: number }>
  /** Calls back, after the commit, whenever a free job may have been added. Returns the way to stop listening. */
  onAdded(listener: () => void): () => void
}

/** Who holds a job, and until when in Unix milliseconds. */
export interface Lease {
  readonly owner: string
  readonly until: number
}

export interface NewJob {
  readonly id: string
  readonly kind: string
  /** What it is about, the id of a run for instance; removing the subject's jobs goes by this. */
  readonly subject: string
  /**
   * A line within the project that takes turns with its other lines, so that many jobs of one hold up nobody else's.
   * Jobs without one stand in a line of their own.
   */
  readonly lane?: string
  /** Unix milliseconds from which it may be claimed. */
  readonly runAt: number
  /**
   * Set when the process that adds the job takes it on at once, or keeps it for another one that shall accept it: nobody
   * else sees it while the lease holds.
   */
  readonly lease?: Lease
}

export interface Job {
  readonly id: string
  readonly project: string
  readonly kind: string
  readonly subject: string
  /** How often it was claimed, this time included. */
  readonly attempts: number
}

export interface JobWriter {
  add(job: NewJob): Promise<void>
  /** Removes the job if `owner` still holds it; false means that the lease was lost and somebody else works on it. */
  complete(id: string, owner: string): Promise<boolean>
  /** Whether `owner` still holds the job. Asked before writing what only its holder may write. */
  held(id: string, owner: string): Promise<boolean>
  /** Removes every job about this subject. */
  removeAbout(subject: string): Promise<void>
}
