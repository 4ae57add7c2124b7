import type { Job, JobQueue, Lease, NewJob } from '../../src/ports/queue.ts'

interface Row extends Job {
  readonly attempts: number
  runAt: number
  lease: Lease | undefined
}

/** A queue in memory, which answers within the same turn of the event loop: for tests that choose the time. */
export class FakeQueue implements JobQueue {
  readonly #rows: Row[] = []
  readonly #listeners = new Set<() => void>()

  /** What a transaction does that adds a job, once it has committed. */
  add({ id, kind, subject, runAt, lease }: NewJob): void {
    this.#rows.push({ id, kind, subject, project: 'default', runAt, lease, attempts: lease ? 1 : 0 })
    if (!lease) this.#wake()
  }

  /** Whether `owner` held the job; then it is gone. */
  complete(id: string, owner: string): boolean {
    const place = this.#rows.findIndex((row) => row.id === id && row.lease?.owner === owner)
    if (place >= 0) this.#rows.splice(place, 1)
    return place >= 0
  }

  /** Another process has taken the job over. */
  steal(id: string): void {
    for (const row of this.#rows) if (row.id === id) row.lease = { owner: 'somebody else', until: Number.MAX_VALUE }
  }

  /** Who holds the job; undefined when nobody does, or when it is gone. */
  holder(id: string): string | undefined {
    return this.#rows.find((row) => row.id === id)?.lease?.owner
  }

  /** The jobs that nobody holds, in their order. */
  waiting(): string[] {
    return this.#rows.filter((row) => !row.lease).map((row) => row.id)
  }

  async claim({ kinds, lease, now, limit }: Parameters<JobQueue['claim']>[0]): Promise<Job[]> {
    const free = this.#rows.filter((row) => (row.lease?.until ?? 0) <= now && row.runAt <= now)
    const taken = free.filter((row) => kinds.includes(row.kind)).slice(0, limit)
    for (const row of taken) Object.assign(row, { lease, attempts: row.attempts + 1 })
    return taken.map(({ id, kind, subject, project, attempts }) => ({ id, kind, subject, project, attempts }))
  }

  async accept({ id }: { id: string }, { from, lease }: { from: string; lease: Lease }): Promise<Job | undefined> {
    const row = this.#rows.find((one) => one.id === id && one.lease?.owner === from)
    if (!row) return undefined
    row.lease = lease
    const { kind, subject, project, attempts } = row
    return { id, kind, subject, project, attempts }
  }

  async heartbeat(lease: Lease): Promise<string[]> {
    const held = this.#rows.filter((row) => row.lease?.owner === lease.owner)
    for (const row of held) row.lease = lease
    return held.map((row) => row.id)
  }

  async release(id: string, { owner, runAt }: { owner: string; runAt: number }): Promise<void> {
    const row = this.#rows.find((one) => one.id === id && one.lease?.owner === owner)
    if (!row) return
    Object.assign(row, { lease: undefined, runAt })
    this.#wake()
  }

  async depth(): Promise<{ waiting: number; leased: number }> {
    const waiting = this.waiting().length
    return { waiting, leased: this.#rows.length - waiting }
  }

  onAdded(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #wake(): void {
    for (const listener of this.#listeners) listener()
  }
}
