import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** How often a second this disk takes 4 KiB and says that it is safe. Blocks for `seconds`; run it while nothing is driven. */
export function fsyncsPerSecond(folder: string, seconds = 0.3): number {
  const path = join(folder, 'fsync-probe')
  const page = Buffer.alloc(4096, 1)
  const file = openSync(path, 'w')
  const start = performance.now()
  let syncs = 0
  while (performance.now() - start < seconds * 1000) {
    writeSync(file, page)
    fsyncSync(file)
    syncs += 1
  }
  const elapsed = (performance.now() - start) / 1000
  closeSync(file)
  rmSync(path)
  return syncs / elapsed
}
