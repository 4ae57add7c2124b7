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
  if (process.platform === 'win32') return commandOf(node)
  const [dying, reserved] = await Promise.all([dyingWithParent(), reservedMegabytes(limits)])
  // Processor time is that of all threads, and so more than the time by the clock.
  const seconds = String(Math.ceil(limits.seconds) * 3 + 5)
  const kilobytes = reserved === undefined ? 'unlimited' : String((reserved + limits.memoryMegabytes) * 1024)
  return commandOf([...dying, '/bin/sh', '-c', shell, 'sh', seconds, kilobytes, ...node])
}

/** Where a limit is not known to the shell, or lower already, the others still hold. */
const shell = 'ulimit -c 0; ulimit -t "$1"; ulimit -d "$2"; shift 2; exec "$@"'

function commandOf([file = process.execPath, ...args]: readonly string[]): Command {
  return { file, args }
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

/** Only Linux can do it; elsewhere the limit of processor time ends the child. */
async function dyingWithParent(): Promise<string[]> {
  const [setpriv, ...options] = ['setpriv', '--pdeathsig', 'KILL'] as const
  const works = await outputOf(setpriv, [...options, 'true'])
  return works === undefined ? [] : [setpriv, ...options]
}

/** What Node reserves when it starts and never uses, but the kernel counts: half a gigabyte. Undefined if nobody says. */
async function reservedMegabytes({ heapMegabytes }: ProcessLimits): Promise<number | undefined> {
  const program = 'console.log(fs.readFileSync("/proc/self/status", "latin1"))'
  const status = await outputOf(process.execPath, [`--max-old-space-size=${heapMegabytes}`, '-e', program])
  const kilobytes = /^VmData:\s+(\d+) kB$/m.exec(status ?? '')?.[1]
  return kilobytes === undefined ? undefined : Math.ceil(Number(kilobytes) / 1024)
}

async function outputOf(file: string, args: readonly string[]): Promise<string | undefined> {
  try {
    return (await promisify(execFile)(file, args)).stdout
  } catch {
    return undefined // it is not there, or not able: both mean to do without
  }
}
