import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import type { Log } from '../../lib/log.ts'
import { SandboxFailure } from '../../ports/sandbox.ts'
import type { ConfinedProcess } from './confinement.ts'
import { withoutStrays } from './stray-descriptors.ts'
import { type TreeBounds, watchTree } from './watchdog.ts'

interface ConfinedCommand {
  readonly command: readonly string[]
  /** What the session has, given back when its process is gone, or never came. */
  readonly owned: AsyncDisposableStack
  /** Asked before things are given back: whether it, or some of it, was killed for want of memory. */
  readonly ranOutOfMemory: (exitCode: number | null) => boolean | Promise<boolean>
  /** What the process and all below it may have, where no control group bounds them. */
  readonly watched?: TreeBounds | undefined
  /** With one, the process ends what it confines, and itself, once the other end of its descriptor 3 is closed. */
  readonly lifeline?: boolean
  readonly environment?: NodeJS.ProcessEnv
  readonly log: Log
}

/** Starts a process that confines what it runs, with nothing of the server's environment but what is given. */
export async function spawnConfined(options: ConfinedCommand): Promise<ConfinedProcess> {
  const {
    command,
    owned,
    ranOutOfMemory,
    watched,
    environment = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
    log,
  } = options
  const [file = '', ...args] = command
  const count = options.lifeline ? 4 : 3
  // A session of its own, so that an interrupt typed at the server's terminal does not end it.
  const child = withPipes(count, (stdio) => spawn(file, args, { env: environment, cwd: '/', detached: true, stdio }))
  const { stdin, stdout, stderr, lifeline } = streamsOf(child)
  const watchdog = watched && child.pid !== undefined ? watchTree(child.pid, watched, bite) : undefined
  let bitten = false
  const gone = endOf(child).then(giveBack)
  await once(child, 'spawn').catch(async (error: Error) => {
    await gone
    throw new SandboxFailure(`${file} cannot be started: ${error.message}`)
  })
  return { stdin, stdout, stderr, gone, kill }

  function bite(reason: 'memory' | 'processes'): void {
    bitten = reason === 'memory'
    kill()
  }

  function kill(): void {
    if (!lifeline) return void child.kill('SIGKILL')
    lifeline.destroy()
    const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs)
    gone.then(() => clearTimeout(timer))
  }

  async function giveBack(exitCode: number | null) {
    watchdog?.[Symbol.dispose]()
    lifeline?.destroy()
    const outOfMemory = bitten || (await ranOutOfMemory(exitCode))
    await owned.disposeAsync().catch((err) => log.warn({ err }, 'a sandbox was not cleaned up'))
    return { outOfMemory }
  }
}

const patienceMs = 5000

/** With no descriptors of ours but these, where that can be seen to. */
function withPipes(count: number, start: (stdio: StdioOptions) => ChildProcess): ChildProcess {
  return process.platform === 'linux' ? withoutStrays(count, start) : start(Array(count).fill('pipe'))
}

function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.once('exit', resolve)
    child.once('error', () => child.pid === undefined && resolve(null)) // it never came to be
  })
}

/** A process that is gone breaks its pipes; that it is gone is told by `gone`. */
function streamsOf(child: ChildProcess) {
  const { stdin, stdout, stderr } = child as { stdin: Writable; stdout: Readable; stderr: Readable }
  const lifeline = child.stdio[3]
  for (const stream of [stdin, stdout, stderr, lifeline]) stream?.on('error', () => {})
  return { stdin, stdout, stderr, lifeline }
}
