import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Finding } from './goal.ts'

const probeMillis = 300

/**
 * How often a second this disk takes 4 KiB and says that they are safe: what stands behind every durable figure. Blocks
 * this process while it tries; nothing may be driven meanwhile.
 */
export function diskFinding(folder: string): Finding {
  const path = join(folder, 'fsync-probe')
  const page = Buffer.alloc(4096, 1)
  const file = openSync(path, 'w')
  const start = performance.now()
  let syncs = 0
  while (performance.now() - start < probeMillis) {
    writeSync(file, page)
    fsyncSync(file)
    syncs += 1
  }
  const elapsed = (performance.now() - start) / 1000
  closeSync(file)
  rmSync(path)
  return { label: 'disk: 4 KiB + fsync', value: syncs / elapsed, unit: '/s' }
}
