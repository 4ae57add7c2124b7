import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { chmod, chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { SandboxLimits } from '../../ports/sandbox.ts'
import { sandboxEnvironment } from './environment.ts'
import { landlockSeccompProgram } from './landlock-seccomp.ts'
import type { PythonHome } from './python-home.ts'
import { seccompProgram } from './seccomp.ts'
import type { Architecture } from './system-calls.ts'

export interface SessionOptions {
  readonly architecture: Architecture
  readonly home: PythonHome
  /** What the interpreter is told. */
  readonly program: readonly string[]
  readonly limits: SandboxLimits
  /** The session's own; its files lie in folders of it. */
  readonly folder: string
  readonly uid: number
  /** Whether a control group bounds memory. */
  readonly grouped: boolean
}

/** Makes the folders that the code may write to: where it works, where it is at home, and for temporary files. */
export async function makeFolders(folder: string, { uid }: { uid: number }): Promise<void> {
  await chmod(folder, 0o711)
  for (const name of Object.values(names)) {
    await mkdir(join(folder, name), { mode: 0o700 })
    await chown(join(folder, name), uid, uid)
  }
}

const names = { data: 'data', home: 'home', temporary: 'tmp' }

/** Where the code works at first. */
export function dataFolder(folder: string): string {
  return join(folder, names.data)
}

/** The interpreter's arguments that start the launcher, which starts the program. */
export function launcherArguments(options: SessionOptions): string[] {
  return launcher(JSON.stringify(sessionOf(options)))
}

/** The version of Landlock that this machine's kernel speaks; -1 where it has none. */
export async function landlockAbi({ executable }: PythonHome): Promise<number> {
  const { stdout } = await promisify(execFile)(executable, launcher('abi'), { env: {}, cwd: '/', timeout: 20_000 })
  return Number(stdout)
}

/** Without `site`, nothing of an environment of packages runs before the launcher does, as root. */
function launcher(argument: string): string[] {
  source ??= readFileSync(new URL('./landlock-launcher.py', import.meta.url), 'utf8')
  return ['-I', '-S', '-X', 'utf8', '-c', source, argument]
}

/** How the launcher ends when it saw too much memory in use, and when the program was killed otherwise. */
export const launcherCode = { overMemory: 71, killed: 73 }

let source: string | undefined

function sessionOf({ architecture, home, program, limits, folder, uid, grouped }: SessionOptions): object {
  const megabyte = 1024 ** 2
  const place = (name: keyof typeof names) => join(folder, names[name])
  return {
    command: [home.executable, ...program],
    environment: {
      ...sandboxEnvironment({ python: home.executable, limits }),
      HOME: place('home'),
      TMPDIR: place('temporary'),
      MPLCONFIGDIR: join(place('home'), 'matplotlib'),
    },
    uid,
    folder,
    data: dataFolder(folder),
    writable: [dataFolder(folder), place('home'), place('temporary')],
    readable: [...system, ...home.mounts],
    devices: ['null', 'zero', 'full', 'random', 'urandom'].map((name) => `/dev/${name}`),
    seccomp: [landlockSeccompProgram, seccompProgram].map((program) => program(architecture).toString('base64')),
    limits: {
      CORE: 0,
      NOFILE: 512,
      MSGQUEUE: 0,
      MEMLOCK: 0,
      FSIZE: limits.diskMegabytes * megabyte,
      NPROC: limits.processes,
      DATA: (limits.memoryMegabytes + 128) * megabyte,
    },
    memory: grouped ? null : limits.memoryMegabytes * megabyte,
    disk: limits.diskMegabytes * megabyte,
  }
}

/** What is not there is left out by the launcher. */
const system = [
  ...['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64'],
  ...['/etc/alternatives', '/etc/fonts', '/etc/ld.so.cache', '/etc/matplotlibrc', '/var/cache/fontconfig'],
]
