import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** Why the data folder cannot be used, in one line that says what to do. */
export class UnusableDataFolder extends Error {
  override readonly name = 'UnusableDataFolder'
}

/** Makes the folder if need be. Throws `UnusableDataFolder` when it cannot be written to. */
export function prepareDataFolder(path: string): void {
  const existing = nearestExisting(path)
  if (!statSync(existing).isDirectory()) throw unusable(path, `${existing} is a file`, 'move it away')
  try {
    makeFolder(path)
    accessSync(path, constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw unusable(path, cause instanceof Error ? cause.message : String(cause), 'make it writable for this user')
  }
}

/** The path itself, or the nearest folder above it that there is. */
export function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path))
}

// Not `recursive`, with which Node tries for ever where the file system makes no folders, as under /proc.
function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  mkdirSync(path)
}

function unusable(path: string, why: string, remedy: string): UnusableDataFolder {
  return new UnusableDataFolder(
    `The data folder ${path} cannot be used (${why}): ${remedy}, or choose another with REPRISE_DATA_DIR.`,
  )
}
