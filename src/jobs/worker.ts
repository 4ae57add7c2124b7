import type { Log } from '../lib/log.ts'
import type { Job, JobQueue, Lease } from '../ports/queue.ts'

export const heartbeatSeconds = 10
// Three heartbeats long, so that one slow write does not give the job to a second worker.
export const leaseSeconds = heartbeatSeconds * 3
/** How long a job that failed unexpectedly rests before its next try, times the tries so far. */
const restSeconds = 1
/** How often to look for work that nobody announced: jobs that became due, or whose holder died. */
const pollSeconds = 1

/**
 * Carries one job to its end. It completes the job itself, in the transaction that records the result. When `signal`
 * aborts it stops as soon as it can and leaves the job as it is: `handback` means that this process is stopping,
 * `lost` that somebody else has the job now.
 */
export type JobHandler = (job: HeldJob, options: { signal: AbortSignal }) => Promise<void>
export type HeldJob = Job & { readonly owner: string }
export type JobInterruption = 'handback' | 'lost'

/** Where a new job may be taken on by the process that adds it. */
export interface JobIntake {
  /** Holds a place for one job; undefined when all are taken, and the job is then added without a lease. */
  reserve(): Reservation | undefined
}

export interface Reservation {
  /** The lease to add the job with. */
  readonly lease: Lease
  /** Starts the job, once the transaction that added it has committed. */
  start(job: Omit<Job, 'attempts'>): void
  /** Gives the place back when the job was not added after all. */
  release(): void
}

export interface Worker extends JobIntake {
  start(handlers: Readonly<Record<string, JobHandler>>): void
  /** Claims nothing new, gives what runs `graceMs` to finish, then interrupts it and hands it back. */
  stop(options: { graceMs: number }): Promise<void>
  /** How many jobs run here now. */
  running(): number
}

/** Claims jobs from the queue and runs their handlers, at most `capacity` at once. */
export function createWorker({ queue, owner, capacity, log }: WorkerParts): Worker {
  const running = new Map<string, { done: Promise<void>; abort: AbortController }>()
  let handlers: Readonly<Record<string, JobHandler>> = {}
  let reserved = 0
  let stopping = false
  let claiming = false
  let claimAgain = false
  const timers: NodeJS.Timeout[] = []
  let stopListening: () => void = () => {}

  const lease = (): Lease => ({ owner, until: Date.now() + leaseSeconds * 1000 })
  const room = () => capacity - running.size - reserved

  function start(given: Readonly<Record<string, JobHandler>>): void {
    handlers = given
    stopListening = queue.onAdded(() => void claim())
    timers.push(setInterval(() => void claim(), pollSeconds * 1000))
    timers.push(setInterval(() => void heartbeat(), heartbeatSeconds * 1000))
    for (const timer of timers) timer.unref()
    void claim()
  }

  async function claim(): Promise<void> {
    if (claiming) {
      claimAgain = true
      return
    }
    claiming = true
    try {
      do {
        claimAgain = false
        const limit = stopping ? 0 : room()
        if (limit <= 0) break
        const jobs = await queue.claim({ kinds: Object.keys(handlers), lease: lease(), now: Date.now(), limit })
        for (const job of jobs) run(job)
        if (jobs.length === limit) claimAgain = true
      } while (claimAgain)
    } catch (error) {
      log.error({ err: error }, 'claiming jobs failed')
    } finally {
      claiming = false
    }
  }

  function run(job: Job): void {
    const abort = new AbortController()
    const done = handle(job, abort.signal).finally(() => {
      running.delete(job.id)
      void claim()
    })
    running.set(job.id, { done, abort })
  }

  async function handle(job: Job, signal: AbortSignal): Promise<void> {
    try {
      const handler = handlers[job.kind]
      if (!handler) throw new Error(`no handler for jobs of kind ${job.kind}`)
      await handler({ ...job, owner }, { signal })
    } catch (error) {
      log.error({ err: error, job_id: job.id, kind: job.kind, subject: job.subject }, 'job failed')
      await giveBack(job, restSeconds * 1000 * job.attempts)
      return
    }
    if (signal.aborted && signal.reason === ('handback' satisfies JobInterruption)) await giveBack(job, 0)
  }

  async function giveBack(job: Job, afterMs: number): Promise<void> {
    try {
      await queue.release(job.id, { owner, runAt: Date.now() + afterMs })
    } catch (error) {
      log.error({ err: error, job_id: job.id }, 'giving a job back failed; it is free when its lease ends')
    }
  }

  async function heartbeat(): Promise<void> {
    if (running.size === 0) return
    try {
      const asked = [...running.keys()]
      const held = new Set(await queue.heartbeat(lease()))
      for (const id of asked) if (!held.has(id)) running.get(id)?.abort.abort('lost' satisfies JobInterruption)
    } catch (error) {
      log.error({ err: error }, 'heartbeat failed')
    }
  }

  function reserve(): Reservation | undefined {
    if (stopping || room() <= 0) return undefined
    reserved += 1
    let open = true
    const release = () => {
      if (open) reserved -= 1
      open = false
    }
    const start = (job: Omit<Job, 'attempts'>) => {
      release()
      run({ ...job, attempts: 1 })
    }
    return { lease: lease(), start, release }
  }

  async function stop({ graceMs }: { graceMs: number }): Promise<void> {
    stopping = true
    stopListening()
    for (const timer of timers) clearInterval(timer)
    const all = Promise.all([...running.values()].map((job) => job.done))
    const grace = Promise.withResolvers<void>()
    const timer = setTimeout(grace.resolve, graceMs)
    await Promise.race([all, grace.promise])
    clearTimeout(timer)
    for (const job of running.values()) job.abort.abort('handback' satisfies JobInterruption)
    await all
  }

  return { start, stop, reserve, running: () => running.size }
}

interface WorkerParts {
  queue: JobQueue
  /** Names this process among all that ever worked on the queue. */
  owner: string
  capacity: number
  log: Log
}
