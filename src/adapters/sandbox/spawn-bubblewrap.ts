import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { SandboxFailure } from '../../ports/sandbox.ts'
import type { BubblewrapDescriptors } from './bubblewrap-arguments.ts'
import type { ConfinedProcess } from './confinement.ts'
import { identify, isAlive, type ProcessId } from './process-tree.ts'
import { withoutStrays } from './stray-descriptors.ts'
import { type TreeBounds, watchTree } from './watchdog.ts'

interface Options {
  readonly command: (descriptors: BubblewrapDescriptors) => readonly string[]
  /** The system call filter. */
  readonly filter: Buffer
  /** What is to be watched because no control group bounds it. */
  readonly watched: TreeBounds | undefined
  /** How many of its processes the kernel killed for want of memory. */
  readonly memoryKills: () => Promise<number>
  /** What the session has, given back when nothing of it is left. */
  readonly owned: AsyncDisposableStack
}

export interface BubblewrapProcess extends ConfinedProcess {
  /** `exitCode` is that of what it ran, or 128 and the signal that ended this; null if bubblewrap itself was killed. */
  readonly gone: Promise<{ readonly outOfMemory: boolean; readonly exitCode: number | null }>
}

/** Starts bubblewrap, and knows when everything is gone that it started. */
export async function spawnBubblewrap(options: Options): Promise<BubblewrapProcess> {
  const { filter, watched, memoryKills, owned } = options
  const [file = '', ...args] = options.command(descriptors)
  // A session of its own, so that an interrupt typed at the server's terminal does not end it.
  const child = withoutStrays(7, (stdio) => spawn(file, args, { env: {}, cwd: '/', detached: true, stdio }))
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()))
  const { streams, info } = feed(child, filter)
  let first: ProcessId | undefined
  const told = readFirst(info).then((process) => {
    first = process
  })
  let starved = false
  const watchdog = watched && child.pid !== undefined ? watchTree(child.pid, watched, bite) : undefined
  const gone = exited.then(end)
  await once(child, 'spawn').catch(async (error: Error) => {
    await gone
    throw new SandboxFailure(`${file} cannot be started: ${error.message}`)
  })
  return { ...streams, gone, kill }

  function bite(reason: 'memory' | 'processes'): void {
    starved ||= reason === 'memory'
    kill()
  }

  /**
   * When the first process inside goes, all go, and bubblewrap after them; killed itself, it would leave a zombie. Killed
   * before it has told of that process, it would leave it waiting for ever, with our pipes in its hands.
   */
  function kill(): void {
    const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs)
    exited.then(() => clearTimeout(timer))
    told.then(() => first && killProcess(first))
  }

  async function end() {
    watchdog?.[Symbol.dispose]()
    await Promise.race([told, sleep(lastWordsMs)])
    info.destroy() // it says nothing more, if it has not yet
    await told
    if (first) await ended(first)
    first = undefined // its number may be another's from now on, and whoever kills late must not meet that one
    const outOfMemory = starved || (wasKilled(child) && (await memoryKills()) > 0)
    await owned.disposeAsync()
    return { outOfMemory, exitCode: child.exitCode }
  }
}

const descriptors = { seccomp: 3, info: 4, passwd: 5, group: 6 }

/** One user, so that libraries find a name for who they are. */
const passwdFile = 'sandbox:x:1000:1000::/home/sandbox:/bin/sh\n'
const groupFile = 'sandbox:x:1000:\n'

const patienceMs = 2000
/** For what bubblewrap said before it ended, and nobody has read yet. */
const lastWordsMs = 200

/** Gives bubblewrap what it reads from descriptors. Pipes to a process that is gone break, which `gone` tells already. */
function feed({ stdin, stdout, stderr, stdio }: ChildProcess, filter: Buffer) {
  const [seccomp, info, passwd, group] = stdio.slice(3).map(asSocket)
  if (!(stdin && stdout && stderr && seccomp && info && passwd && group))
    throw new SandboxFailure('no process can be started now')
  for (const stream of [stdin, stdout, stderr, seccomp, info, passwd, group]) stream.on('error', () => {})
  seccomp.end(filter)
  passwd.end(passwdFile)
  group.end(groupFile)
  return { streams: { stdin, stdout, stderr }, info }
}

function asSocket(stream: unknown) {
  return stream instanceof Socket ? stream : undefined
}

/**
 * Bubblewrap tells the process that is the first inside: `{"child-pid": 42, ...}`, in more than one write, so all is read.
 * Undefined when it never came to that.
 */
function readFirst(info: Socket): Promise<ProcessId | undefined> {
  let said = ''
  return new Promise((resolve) => {
    info.on('data', (chunk) => {
      said = `${said}${chunk}`.slice(0, 1000)
      const pid = /"child-pid": (\d+)\D/.exec(said)?.[1]
      if (pid !== undefined) resolve(identify(Number(pid)))
    })
    info.on('close', () => resolve(undefined))
  })
}

function wasKilled({ exitCode, signalCode }: ChildProcess): boolean {
  return signalCode === 'SIGKILL' || exitCode === 128 + 9 // as bubblewrap tells how the first process inside ended
}

function killProcess({ pid }: ProcessId): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it is gone already
  }
}

/** The first process of a namespace ends last: when all others are gone. */
async function ended(first: ProcessId): Promise<void> {
  while (await isAlive(first)) {
    killProcess(first)
    await sleep(2)
  }
}
