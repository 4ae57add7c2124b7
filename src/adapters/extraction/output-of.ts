import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** What a program says. Undefined when it is not there, or not able: both mean to do without. */
export async function outputOf(file: string, args: readonly string[]): Promise<string | undefined> {
  try {
    return (await promisify(execFile)(file, args)).stdout
  } catch {
    return undefined
  }
}
