import type { StreamEvent } from '../api/stream-event.ts'

/**
 * What runs say while they are under way, and a way to reach the process that executes one. Events are not durable:
 * rows are the truth, events tell what became of them.
 */
export interface RunEvents {
  /**
   * Opens the log of a run's next leg: from its creation, or from submitted tool outputs, to the next `done`. It begins
   * with `first`. Whoever holds the run's job appends until `done`; who ends a run that nobody holds appends its end.
   */
  open(run_id: string, ...first: StreamEvent[]): RunLog
  /**
   * The same for a leg that begins here, under this job, and may be followed from another process: it can be read from
   * there until some time after `done`.
   */
  openLent(run_id: string, job_id: string): RunLog
  /** The log that is open for this run in this process, to append to. */
  current(run_id: string): RunLog | undefined
  /**
   * Interrupts the run where it executes, in whichever process that is; false when it executes nowhere that can be
   * reached.
   */
  interrupt(project: string, run_id: string, reason: InterruptReason): boolean | Promise<boolean>
  /** Told by the process that executes the run, for as long as it does. Returns the way to stop listening. */
  onInterrupt(run_id: string, listener: (reason: InterruptReason) => void): () => void
  /**
   * For a process that stops: ends every open log with these events, `done` included, and every log that is opened
   * later right after its first events.
   */
  close(last: readonly StreamEvent[]): void
}

export type InterruptReason = 'cancelled' | 'expired' | 'deleted'

export interface RunLog {
  append(...events: StreamEvent[]): void
  /** Whether `done` was appended; nothing can follow it. */
  over(): boolean
  /**
   * Every event of this leg from the first that is still held, then the live ones, and ends after `done`. A follower
   * that reads slowly gets fewer and larger deltas; what it reads in the end is the same text.
   */
  follow(options: Following): AsyncIterable<StreamEvent>
}

export interface Following {
  readonly signal: AbortSignal
  /** The job that the leg stands under, and what to do when another process carries it out. */
  readonly elsewhere?: Elsewhere
}

export interface Elsewhere {
  readonly project: string
  readonly job_id: string
  /**
   * Asked when the process that carries out the leg cannot be heard, and answers how to end the stream. `heard` is
   * whether some of its events have come before.
   */
  rest(options: { heard: boolean }): Promise<readonly StreamEvent[]>
}

/** Legs of runs that execute here, for other processes that follow them. */
export interface LentLogs {
  lent(job_id: string): Pick<RunLog, 'follow'> | undefined
}
