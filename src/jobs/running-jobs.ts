import type { Log } from '../lib/log.ts'
import type { Job, JobQueue, Lease } from '../ports/queue.ts'
import type { JobHandler, JobInterruption } from './job-handler.ts'

/** How long a job that failed unexpectedly rests before its next try, times the tries so far. */
const restSeconds = 1
const longestRestSeconds = 30

/** The jobs that this process holds and carries out. */
export interface RunningJobs {
  /** Carries the job out; when it does not get done it is given back. A job that runs here already is left alone. */
  run(job: Job): void
  count(): number
  /** Extends the leases, and interrupts the jobs that were lost meanwhile. */
  renew(lease: Lease): Promise<void>
  /** Interrupts all of them: their leases have lapsed, as far as can be told. */
  lose(): void
  /** Interrupts all of them, and gives back at once whatever is still to come. */
  handBack(): void
}

export function createRunningJobs({ queue, owner, handlerOf, onLeft, log }: RunningParts): RunningJobs {
  const running = new Map<string, AbortController>()
  /** Jobs that are ours to give back, but could not be: heartbeats would hold them for ever. */
  const unreturned = new Set<string>()
  let handingBack = false

  function run(job: Job): void {
    if (running.has(job.id)) return // its lease had lapsed, and this claim has renewed it
    unreturned.delete(job.id)
    const abort = new AbortController()
    running.set(job.id, abort)
    void handle(job, abort.signal).finally(() => {
      running.delete(job.id)
      onLeft()
    })
  }

  async function handle(job: Job, signal: AbortSignal): Promise<void> {
    if (handingBack) return giveBack(job.id, 0)
    try {
      const handler = handlerOf(job.kind)
      if (!handler) throw new Error(`no handler for jobs of kind ${job.kind}`)
      await handler({ ...job, owner }, { signal })
    } catch (error) {
      log.error({ err: error, job_id: job.id, kind: job.kind, subject: job.subject }, 'job failed')
      return giveBack(job.id, Math.min(restSeconds * job.attempts, longestRestSeconds))
    }
    // Also when it was lost: if nobody has taken it since, the next heartbeat would hold it for nothing.
    if (signal.aborted) await giveBack(job.id, 0)
  }

  /** Does nothing to a job that is done. */
  async function giveBack(id: string, afterSeconds: number): Promise<void> {
    try {
      await queue.release(id, { owner, runAt: Date.now() + afterSeconds * 1000 })
      unreturned.delete(id)
    } catch (error) {
      unreturned.add(id)
      log.error({ err: error, job_id: id }, 'giving a job back failed; it is tried again with the next heartbeat')
    }
  }

  async function renew(lease: Lease): Promise<void> {
    for (const id of unreturned) await giveBack(id, 0)
    const asked = [...running.keys()]
    if (asked.length === 0) return
    const held = new Set(await queue.heartbeat(lease))
    for (const id of asked) if (!held.has(id)) running.get(id)?.abort('lost' satisfies JobInterruption)
  }

  function lose(): void {
    for (const abort of running.values()) abort.abort('lost' satisfies JobInterruption)
  }

  function handBack(): void {
    handingBack = true
    for (const abort of running.values()) abort.abort('handback' satisfies JobInterruption)
  }

  return { run, count: () => running.size, renew, lose, handBack }
}

interface RunningParts {
  queue: Pick<JobQueue, 'release' | 'heartbeat'>
  owner: string
  handlerOf: (kind: string) => JobHandler | undefined
  /** Told each time that a job has left and its place is free. */
  onLeft: () => void
  log: Log
}
