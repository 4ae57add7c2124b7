import type { Job } from '../ports/queue.ts'

/**
 * Carries one job to its end. It completes the job itself, in the transaction that records the result. When `signal`
 * aborts it stops as soon as it can and leaves the job as it is; the signal's reason is a `JobInterruption`.
 */
export type JobHandler = (job: HeldJob, options: { signal: AbortSignal }) => Promise<void>

/** A job, and in whose name it is held here. */
export type HeldJob = Job & { readonly owner: string }

/** `handback`: this process is stopping. `lost`: somebody else has the job now. */
export type JobInterruption = 'handback' | 'lost'
