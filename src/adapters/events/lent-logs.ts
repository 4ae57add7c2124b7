import type { LentLogs, RunLog } from '../../ports/events.ts'

/** How long a leg that is over can still be read: longer than any node takes to find out who carries it out. */
const keepMs = 30_000
const sweepMs = 5_000

export interface LentLogKeeper extends LentLogs {
  lend(job_id: string, log: RunLog): void
  close(): void
}

/** Keeps the logs that other nodes may ask for, by job, until some time after they are over. */
export function createLentLogs(): LentLogKeeper {
  const kept = new Map<string, { readonly log: RunLog; overAt: number | undefined }>()
  let timer: NodeJS.Timeout | undefined

  function lend(job_id: string, log: RunLog): void {
    kept.set(job_id, { log, overAt: undefined })
    timer ??= setInterval(sweep, sweepMs).unref()
  }

  function sweep(): void {
    const now = performance.now()
    for (const [job_id, one] of kept) {
      if (one.log.over()) one.overAt ??= now
      if (one.overAt !== undefined && now - one.overAt >= keepMs) kept.delete(job_id)
    }
    if (kept.size === 0) close()
  }

  function close(): void {
    clearInterval(timer)
    timer = undefined
  }

  return { lend, lent: (job_id) => kept.get(job_id)?.log, close }
}
