import { existsSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExtractionLimits } from './limits.ts'
import { nodeProgram } from './node-program.ts'
import { outputOf } from './output-of.ts'

type ProcessLimits = Pick<ExtractionLimits, 'seconds' | 'memoryMegabytes' | 'heapMegabytes'>

/**
 * The command that is the child, to which its task is added. The kernel bounds its memory and processor time; Node denies
 * it files but its own code, the network, threads and other programs. What a platform lacks of it is left out.
 */
export async function childCommand(limits: ProcessLimits): Promise<string[]> {
  const program = await nodeProgram()
  const node = [program, ...nodeArguments(limits)]
  if (process.platform === 'win32') return node
  const reserved = await reservedMegabytes(program, limits)
  // Processor time is that of all threads, and so more than the time by the clock.
  const seconds = String(Math.ceil(limits.seconds) * 3 + 5)
  const kilobytes = reserved === undefined ? 'unlimited' : String((reserved + limits.memoryMegabytes) * 1024)
  return ['/bin/sh', '-c', shell, 'sh', seconds, kilobytes, ...node]
}

/** Where a limit is not known to the shell, or lower already, the others still hold. */
const shell = 'ulimit -c 0; ulimit -t "$1"; ulimit -d "$2"; shift 2; exec "$@"'

function nodeArguments({ heapMegabytes }: ProcessLimits): string[] {
  const readable = readableFolders().map((folder) => `--allow-fs-read=${folder}`)
  const child = fileURLToPath(new URL(`./child${extname(import.meta.url)}`, import.meta.url)) // .ts here, .js once built
  return [`--max-old-space-size=${heapMegabytes}`, '--permission', ...readable, '--no-warnings', child]
}

/** Our own code, and wherever Node looks for packages from here. */
function readableFolders(): string[] {
  const folders = ['.', '../../lib', '../../ports'].map((folder) => join(import.meta.dirname, folder))
  return [...folders, ...above('node_modules')]
}

/** All that the command needs to find of the disk, besides the system's libraries: Node, our code, what kind of code it is. */
export async function childFiles(): Promise<string[]> {
  return [await nodeProgram(), ...readableFolders(), ...above('package.json').slice(0, 1)]
}

/** Where it is in the folders above, the nearest first. */
function above(name: string): string[] {
  const found: string[] = []
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, name)
    if (existsSync(path)) found.push(path)
  }
  return found
}

/** What Node reserves when it starts and never uses, but the kernel counts: half a gigabyte. Undefined if nobody says. */
async function reservedMegabytes(node: string, { heapMegabytes }: ProcessLimits): Promise<number | undefined> {
  const program = 'console.log(fs.readFileSync("/proc/self/status", "latin1"))'
  const status = await outputOf(node, [`--max-old-space-size=${heapMegabytes}`, '-e', program])
  const kilobytes = /^VmData:\s+(\d+) kB$/m.exec(status ?? '')?.[1]
  return kilobytes === undefined ? undefined : Math.ceil(Number(kilobytes) / 1024)
}
