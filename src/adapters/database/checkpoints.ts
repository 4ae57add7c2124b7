import { once } from 'node:events'
import { extname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import type { Log } from '../../lib/log.ts'

/** Pages of 4 KiB: from so many in the log on it is worth moving them into the database. */
const worthwhile = 1000
/** At so many, writers wait until the log is moved, so that it starts from its beginning again. */
const tooMany = 4000
/** Commits between two looks at the log. */
const interval = 16

/** Keeps the write-ahead log short without letting the event loop wait for the disk. */
export interface Checkpoints {
  /** Called between two groups of transactions. While it is pending nothing may be written. */
  afterCommit(): Promise<void>
  close(): Promise<void>
}

export function createCheckpoints({
  path,
  database,
  log,
}: {
  path: string
  database: DatabaseSync
  log: Log | undefined
}): Checkpoints {
  // Only looks; an SQLite older than 3.51 does not know `noop` and makes a small checkpoint right here instead.
  const look = database.prepare('pragma wal_checkpoint(noop)')
  let commits = 0
  let worker: Worker | undefined // started when first needed
  let running: Promise<void> | undefined

  async function afterCommit(): Promise<void> {
    commits += 1
    if (commits % interval !== 0) return
    const pages = Number(look.get()?.log)
    if (pages < worthwhile) return
    running ??= checkpoint()
    if (pages < tooMany) return
    await running
    // What was written meanwhile is still in the log, and only a log that was moved whole starts again: now, in quiet.
    running = checkpoint()
    await running
  }

  async function checkpoint(): Promise<void> {
    try {
      worker ??= startWorker(path)
      worker.ref()
      worker.postMessage('checkpoint')
      await once(worker, 'message')
      worker.unref()
    } catch (error) {
      worker = undefined // the thread ended; the next checkpoint starts another
      log?.warn({ err: error }, 'database checkpoint failed')
    } finally {
      running = undefined
    }
  }

  async function close(): Promise<void> {
    await running
    if (!worker) return
    worker.ref()
    worker.postMessage('close')
    await once(worker, 'exit')
  }
  return { afterCommit, close }
}

function startWorker(path: string): Worker {
  const file = new URL(`./checkpoint-worker${extname(import.meta.url)}`, import.meta.url) // .ts here, .js once built
  return new Worker(file, { workerData: path })
}
