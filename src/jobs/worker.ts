import type { Log } from '../lib/log.ts'
import type { Job, JobQueue, Lease } from '../ports/queue.ts'
import type { JobHandler } from './job-handler.ts'
import { createRunningJobs } from './running-jobs.ts'

export const heartbeatSeconds = 5
// Four heartbeats long, so that slow writes do not give the job to a second worker, and short enough that the jobs of a
// process that died go on elsewhere within half a minute.
export const leaseSeconds = heartbeatSeconds * 4
/** How often to look for work that nobody announced: jobs that became due, or whose holder died. */
const pollSeconds = 1

/** Where a new job may be taken on by the process that adds it. */
export interface JobIntake {
  /**
   * Holds a place for one job; undefined when all are taken or older jobs wait for one, and the job is then added
   * without a lease. Every reservation is started or released.
   */
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
  /** The same for a job from elsewhere, which can wait for the claim that is under way to end. */
  reserveNext(): Promise<Reservation | undefined>
  start(handlers: Readonly<Record<string, JobHandler>>): void
  /** Claims nothing new, gives what runs `graceMs` to finish, then interrupts it and hands it back. */
  stop(options: { graceMs: number }): Promise<void>
  /** How many jobs run here now. */
  running(): number
}

/** Claims jobs from the queue and runs their handlers, at most `capacity` at once. */
export function createWorker({ queue, owner, capacity, log }: WorkerParts): Worker {
  let handlers: Readonly<Record<string, JobHandler>> = {}
  const jobs = createRunningJobs({ queue, owner, handlerOf: (kind) => handlers[kind], onLeft, log })
  let reserved = 0
  /** The claim that is under way. Never rejects. */
  let claiming: Promise<void> | undefined
  /** Whether there may be jobs that are free. */
  let backlog = true
  let stopping = false
  const idle = Promise.withResolvers<void>()
  let poll: NodeJS.Timeout | undefined
  let heartbeat: NodeJS.Timeout | undefined
  let stopListening = () => {}
  /** When the leases were last known to be ours, in Unix milliseconds. */
  let heldAt = Date.now()

  const lease = (): Lease => ({ owner, until: Date.now() + leaseSeconds * 1000 })
  const room = () => capacity - jobs.count() - reserved

  function start(given: Readonly<Record<string, JobHandler>>): void {
    handlers = given
    stopListening = queue.onAdded(() => void claim())
    poll = setInterval(() => void claim(), pollSeconds * 1000).unref()
    heartbeat = setInterval(() => void beat(), heartbeatSeconds * 1000).unref()
    void claim()
  }

  async function claim(): Promise<void> {
    backlog = true
    if (claiming || stopping) return
    claiming = takeFree().finally(() => {
      claiming = undefined
      settle()
    })
    await claiming
  }

  async function takeFree(): Promise<void> {
    try {
      while (backlog && !stopping && room() > 0) {
        const limit = room()
        backlog = false // unless more is added while we look
        const claimed = await queue.claim({ kinds: Object.keys(handlers), lease: lease(), now: Date.now(), limit })
        for (const job of claimed) jobs.run(job)
        backlog ||= claimed.length === limit
      }
    } catch (error) {
      backlog = true
      log.error({ err: error }, 'claiming jobs failed')
    }
  }

  async function beat(): Promise<void> {
    const beganAt = Date.now()
    try {
      await within(heartbeatSeconds, jobs.renew(lease()))
      heldAt = beganAt
    } catch (error) {
      log.error({ err: error }, 'heartbeat failed')
      // By now somebody else may have the jobs, who can reach the database.
      if (Date.now() - heldAt >= leaseSeconds * 1000) jobs.lose()
    }
  }

  function reserve(): Reservation | undefined {
    if (stopping || backlog || claiming || room() <= 0) return undefined
    reserved += 1
    let open = true
    function release(): void {
      if (!open) return
      open = false
      reserved -= 1
      onLeft()
    }
    function start(job: Omit<Job, 'attempts'>): void {
      jobs.run({ ...job, attempts: 1 })
      release()
    }
    return { lease: lease(), start, release }
  }

  async function reserveNext(): Promise<Reservation | undefined> {
    while (claiming) await claiming
    return reserve()
  }

  function onLeft(): void {
    if (backlog) void claim()
    settle()
  }

  function settle(): void {
    if (stopping && !claiming && reserved === 0 && jobs.count() === 0) idle.resolve()
  }

  async function stop({ graceMs }: { graceMs: number }): Promise<void> {
    stopping = true
    stopListening()
    clearInterval(poll)
    settle()
    const grace = Promise.withResolvers<void>()
    const timer = setTimeout(grace.resolve, graceMs)
    await Promise.race([idle.promise, grace.promise])
    clearTimeout(timer)
    jobs.handBack()
    await idle.promise
    clearInterval(heartbeat)
  }

  return { start, stop, reserve, reserveNext, running: jobs.count }
}

/** Rejects when the work takes longer. A database that cannot be reached may answer nothing at all. */
async function within(seconds: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${seconds} seconds`)), seconds * 1000)
  try {
    await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

interface WorkerParts {
  queue: JobQueue
  /** Names this process among all that ever worked on the queue. */
  owner: string
  capacity: number
  log: Log
}
