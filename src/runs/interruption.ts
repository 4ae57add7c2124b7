import type { JobInterruption } from '../jobs/job-handler.ts'
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
  events: RunEvents
  /** The worker's: its reason is a `JobInterruption`. */
  job: AbortSignal
}

/** Everything that can stop a run, as one signal. Dispose it when the run is over. */
export interface Interruption extends Disposable {
  /** Its reason is a `RunInterrupted`. */
  readonly signal: AbortSignal
  /** Stops the run at this time too; Unix seconds. */
  expireAt(time: number): void
}

export function watchInterruptions({ run_id, events, job }: Sources): Interruption {
  const controller = new AbortController()
  const stop = (reason: RunInterrupted['reason']) => controller.abort(new RunInterrupted(reason))
  const onJob = () => stop(job.reason as JobInterruption)
  const stopListening = events.onInterrupt(run_id, stop)
  let deadline: NodeJS.Timeout | undefined
  job.addEventListener('abort', onJob)
  if (job.aborted) onJob()
  return {
    signal: controller.signal,
    expireAt(time) {
      deadline = setTimeout(stop, Math.max(time * 1000 - Date.now(), 0), 'expired').unref()
    },
    [Symbol.dispose]() {
      clearTimeout(deadline)
      stopListening()
      job.removeEventListener('abort', onJob)
    },
  }
}
