import type { StreamEvent } from '../../api/stream-event.ts'
import type { InterruptReason, RunEvents, RunLog } from '../../ports/events.ts'
import { createRunLog } from './run-log.ts'

/** Whether a run executes here is known at once. */
export interface InProcessEvents extends RunEvents {
  interrupt(project: string, run_id: string, reason: InterruptReason): boolean
}

/** Run events within one process: logs in memory, interrupts as plain calls. */
export function createInProcessEvents(): InProcessEvents {
  const logs = new Map<string, RunLog>()
  const listeners = new Map<string, (reason: InterruptReason) => void>()

  let lastWords: readonly StreamEvent[] = []

  function open(run_id: string, ...first: StreamEvent[]): RunLog {
    const log = createRunLog()
    const entry: RunLog = {
      append(...events: StreamEvent[]) {
        log.append(...events)
        // Followers keep the log they have; the map only serves those who come while it is open.
        if (events.at(-1)?.event === 'done' && logs.get(run_id) === entry) logs.delete(run_id)
      },
      over: log.over,
      follow: log.follow,
    }
    logs.set(run_id, entry)
    entry.append(...first, ...lastWords)
    return entry
  }

  function close(last: readonly StreamEvent[]): void {
    lastWords = last
    for (const log of logs.values()) log.append(...last)
  }

  function onInterrupt(run_id: string, listener: (reason: InterruptReason) => void): () => void {
    listeners.set(run_id, listener)
    return () => {
      if (listeners.get(run_id) === listener) listeners.delete(run_id)
    }
  }

  function interrupt(_project: string, run_id: string, reason: InterruptReason): boolean {
    const listener = listeners.get(run_id)
    listener?.(reason)
    return listener !== undefined
  }

  return {
    open,
    openLent: (run_id) => open(run_id), // there is nobody else to read it
    current: (run_id) => logs.get(run_id),
    interrupt,
    onInterrupt,
    close,
  }
}
