import { accessSync, constants, mkdirSync } from 'node:fs'

/** Why the data folder cannot be used, in one line that says what to do. */
export class UnusableDataFolder extends Error {
  override readonly name = 'UnusableDataFolder'
}

/** Makes the folder if need be. Throws `UnusableDataFolder` when it cannot be written to. */
export function prepareDataFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
    accessSync(path, constants.W_OK | constants.X_OK)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const advice = 'make it writable for this user, or choose another with REPRISE_DATA_DIR'
    throw new UnusableDataFolder(`Cannot use the data folder ${path} (${why}): ${advice}.`, { cause })
  }
}
