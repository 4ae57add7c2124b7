import { fdatasync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Brings the write-ahead log to the disk from libuv's thread pool, so that the event loop never waits for the disk. */
export interface WalFlush {
  /** Resolves when all that was committed before the call is on disk. Once it has failed it always fails. */
  flush(): Promise<void>
  /** Throws once a flush has failed. */
  check(): void
  close(): Promise<void>
}

export async function openWalFlush(databasePath: string): Promise<WalFlush> {
  const wal = await open(`${databasePath}-wal`, 'r+')
  await syncFolder(dirname(databasePath)) // the log's own name has to survive too
  let broken: Error | undefined

  function flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (broken) return reject(broken)
      fdatasync(wal.fd, (error) => {
        // The kernel may drop pages that it failed to write: a later flush that succeeds would prove nothing.
        if (error) broken ??= new Error('The database could not be written to disk', { cause: error })
        if (broken) reject(broken)
        else resolve()
      })
    })
  }

  function check(): void {
    if (broken) throw broken
  }
  return { flush, check, close: () => wal.close() }
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync()
}
