import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ExtractionLimits } from './limits.ts'

export interface Command {
  readonly file: string
  readonly args: readonly string[]
}

type ProcessLimits = Pick<ExtractionLimits, 'seconds' | 'memoryMegabytes' | 'heapMegabytes'>

/**
 * The command that starts the child, to which its task is added. The kernel bounds its memory and processor time, and
 * ends it with the server even when that is killed; Node denies it files but its own code, the network, threads and
 * other programs. What a platform lacks of it is left out.
 */
export async function childCommand(limits: ProcessLimits): Promise<Command> {
  const node = [process.execPath, ...nodeArguments(limits)]
  const limited = process.platform === 'win32' ? node : ['/bin/sh', '-c', shell, 'sh', ...numbers(limits), ...node]
  const [file = process.execPath, ...args] = [...(await dyingWithParent()), ...limited]
  return { file, args }
}

/** Where a limit is not known to the shell, or lower already, the others still hold. */
const shell = 'ulimit -c 0; ulimit -t "$1"; ulimit -d "$2"; shift 2; exec "$@"'

/** Processor time counts that of all threads, so it is more than the time by the clock; memory is in kilobytes. */
function numbers({ seconds, memoryMegabytes }: ProcessLimits): string[] {
  return [String(Math.ceil(seconds) * 3 + 5), String(memoryMegabytes * 1024)]
}

function nodeArguments({ heapMegabytes }: ProcessLimits): string[] {
  const readable = readableFolders().map((folder) => `--allow-fs-read=${folder}`)
  const child = fileURLToPath(new URL(`./child${extname(import.meta.url)}`, import.meta.url)) // .ts here, .js once built
  return [`--max-old-space-size=${heapMegabytes}`, '--permission', ...readable, '--no-warnings', child]
}

/** Our own code, and wherever Node looks for packages from here. */
function readableFolders(): string[] {
  const folders = [
    import.meta.dirname,
    join(import.meta.dirname, '../../lib'),
    join(import.meta.dirname, '../../ports'),
  ]
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const packages = join(folder, 'node_modules')
    if (existsSync(packages)) folders.push(packages)
  }
  return folders
}

async function dyingWithParent(): Promise<string[]> {
  const command = ['setpriv', '--pdeathsig', 'KILL']
  try {
    await promisify(execFile)('setpriv', [...command.slice(1), 'true'])
    return command
  } catch {
    return [] // only Linux has it; elsewhere the limit of processor time ends the child
  }
}
