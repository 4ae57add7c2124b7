import type { JobInterruption } from '../jobs/worker.ts'
import type { InterruptReason, RunEvents } from '../ports/events.ts'

/** Why a run stopped before it was done: somebody ended it, its time was over, or this process gives it up. */
export class RunInterrupted extends Error {
  override readonly name = 'RunInterrupted'
  readonly reason: InterruptReason | JobInterruption

  constructor(reason: InterruptReason | JobInterruption) {
    super(`the run was interrupted: ${reason}`)
    this.reason = reason
  }
}

interface Sources {
  run_id: string
  /** Unix seconds. */
  expires_at: number | null
  events: RunEvents
  /** The worker's: its reason is a `JobInterruption`. */
  job: AbortSignal
}

/** One signal for everything that can stop a run; its reason is a `RunInterrupted`. Dispose it when the run is over. */
export function watchInterruptions({ run_id, expires_at, events, job }: Sources): Disposable & { signal: AbortSignal } {
  const controller = new AbortController()
  const stop = (reason: RunInterrupted['reason']) => controller.abort(new RunInterrupted(reason))
  const onJob = () => stop(job.reason as JobInterruption)
  const stopListening = events.onInterrupt(run_id, stop)
  job.addEventListener('abort', onJob)
  if (job.aborted) onJob()
  const deadline = expires_at === null ? undefined : setTimeout(stop, msUntil(expires_at), 'expired')
  deadline?.unref()
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(deadline)
      stopListening()
      job.removeEventListener('abort', onJob)
    },
  }
}

function msUntil(time: number): number {
  // setTimeout takes 31 bits; a run that may take longer than 24 days is met by the sweeper.
  return Math.min(Math.max(time * 1000 - Date.now(), 0), 2 ** 31 - 1)
}
