import type { Now } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Store } from '../ports/store.ts'

const sweepSeconds = 1
/** Of each kind in one sweep; the next one meets the rest. */
const batch = 1000

/** What becomes of one overdue row. Each is safe to call twice. */
export interface Expiry {
  run(project: string, id: string): Promise<unknown>
  file(project: string, id: string): Promise<unknown>
  upload(project: string, id: string): Promise<unknown>
  vectorStore(project: string, id: string): Promise<unknown>
}

export interface Sweeper {
  start(): void
  /** Waits for a sweep that is under way. */
  stop(): Promise<void>
  /** One sweep, now. */
  sweep(): Promise<void>
}

/**
 * Ends by the clock what has an end: runs, files, uploads, vector stores. Never on read. What fails to end is met again
 * by the next sweep, and keeps no other from its end.
 */
export function createSweeper({ store, now, expire, log }: SweeperParts): Sweeper {
  let timer: NodeJS.Timeout | undefined
  let current: Promise<void> | undefined

  async function sweep(): Promise<void> {
    const { runs, files, uploads, vectorStores } = await store.overdue(now(), batch)
    await Promise.all([
      ...runs.map((row) => end('run', row)),
      ...files.map((row) => end('file', row)),
      ...uploads.map((row) => end('upload', row)),
      ...vectorStores.map((row) => end('vectorStore', row)),
    ])
  }

  async function end(kind: keyof Expiry, { project, id }: { project: string; id: string }): Promise<void> {
    try {
      await expire[kind](project, id)
    } catch (error) {
      log.error({ err: error, kind, id }, 'expiry failed')
    }
  }

  function tick(): void {
    if (current) return
    current = sweep()
      .catch((error) => log.error({ err: error }, 'sweep failed'))
      .finally(() => {
        current = undefined
      })
  }

  function start(): void {
    timer = setInterval(tick, sweepSeconds * 1000)
    timer.unref()
  }

  async function stop(): Promise<void> {
    clearInterval(timer)
    await current
  }

  return { start, stop, sweep }
}

interface SweeperParts {
  store: Pick<Store, 'overdue'>
  now: Now
  expire: Expiry
  log: Log
}
