import { accessSync, constants, statSync } from 'node:fs'
import { nearestExisting } from '../data-folder.ts'
import { reasonOf } from './finding.ts'

/** Why a folder that is there, or has to be made, cannot be written to; null when it can. Makes nothing. */
export function whyNotWritable(folder: string): string | null {
  const existing = nearestExisting(folder)
  try {
    if (!statSync(existing).isDirectory()) return `${existing} is not a folder`
    accessSync(existing, constants.W_OK | constants.X_OK)
    return null
  } catch (error) {
    return `${existing} cannot be written to (${reasonOf(error)})`
  }
}
