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
  /** The log that is open for this run in this process. */
  current(run_id: string): RunLog | undefined
  /** Interrupts the run where it executes; false when it executes nowhere that can be reached. */
  interrupt(run_id: string, reason: InterruptReason): boolean
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
  follow(options: { signal: AbortSignal }): AsyncIterable<StreamEvent>
}
