import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Finding, reasonOf, well, wrong } from './finding.ts'

const name = 'Data folder'
const leastFree = 200 * 1024 * 1024

/** Whether the folder is there or can be made, is ours to write to, and has room. Makes nothing. */
export function checkDataFolder(path: string): Finding {
  const existing = nearestExisting(path)
  try {
    if (!statSync(existing).isDirectory())
      return wrong(name, `${existing} is not a folder`, 'Move it away, or choose another place with REPRISE_DATA_DIR.')
    accessSync(existing, constants.W_OK | constants.X_OK)
  } catch (error) {
    return wrong(
      name,
      `${existing} cannot be written to (${reasonOf(error)})`,
      'Make it writable for this user, or choose another place with REPRISE_DATA_DIR.',
    )
  }
  const { bavail, bsize } = statfsSync(existing)
  const free = `${formatBytes(bavail * bsize)} free`
  if (bavail * bsize < leastFree) return wrong(name, `${path}, ${free}`, 'Make room on that disk.')
  return well(name, `${path}${existing === path ? '' : ' (made at the first start)'}, ${free}`)
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path))
}

function formatBytes(bytes: number): string {
  const gigabytes = bytes / 1024 ** 3
  return gigabytes >= 1 ? `${gigabytes.toFixed(1)} GiB` : `${Math.floor(bytes / 1024 ** 2)} MiB`
}
