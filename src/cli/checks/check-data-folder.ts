import { statfsSync } from 'node:fs'
import { nearestExisting } from '../data-folder.ts'
import { type Finding, well, wrong } from './finding.ts'
import { whyNotWritable } from './writable.ts'

const name = 'Data folder'
const leastFree = 200 * 1024 * 1024

/** Whether the folder is there or can be made, is ours to write to, and has room. Makes nothing. */
export function checkDataFolder(path: string): Finding {
  const reason = whyNotWritable(path)
  if (reason !== null)
    return wrong(name, reason, 'Make it a folder that this user may write to, or choose another with REPRISE_DATA_DIR.')
  const existing = nearestExisting(path)
  const { bavail, bsize } = statfsSync(existing)
  const free = `${formatBytes(bavail * bsize)} free`
  if (bavail * bsize < leastFree) return wrong(name, `${path}, ${free}`, 'Make room on that disk.')
  return well(name, `${path}${existing === path ? '' : ' (made at the first start)'}, ${free}`)
}

function formatBytes(bytes: number): string {
  const gigabytes = bytes / 1024 ** 3
  return gigabytes >= 1 ? `${gigabytes.toFixed(1)} GiB` : `${Math.floor(bytes / 1024 ** 2)} MiB`
}
