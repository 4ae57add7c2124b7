import { execFile } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

/**
 * The Node that runs the parsers, by its full path. It is the one that runs this; on another runtime, which would pass
 * over the permissions that hold a parser, the first on PATH that keeps them. Rejects when there is none.
 */
export async function nodeProgram(): Promise<string> {
  if (!('bun' in process.versions)) return process.execPath
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const program = join(folder, process.platform === 'win32' ? 'node.exe' : 'node')
    if (await keepsPermissions(program)) return program
  }
  throw new Error('Documents are parsed by Node 24 or newer, which holds their parsers, and there is none on PATH.')
}

/** Bun goes by the name of `node` at times, and takes the options without heeding them. */
async function keepsPermissions(program: string): Promise<boolean> {
  try {
    const args = ['--permission', '--print', 'process.permission.has("fs.read")']
    return (await promisify(execFile)(program, args, { env: {} })).stdout.trim() === 'false'
  } catch {
    return false // there is no such program, or none that knows the option
  }
}
