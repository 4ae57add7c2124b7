import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { watchTree } from '../sandbox/watchdog.ts'
import { outputOf } from './output-of.ts'
import type { ParserProcess, StartParser } from './parser-process.ts'

/** Starts parsers where there is no wall: what confines them is then their own command. */
export async function createUnwalled(): Promise<StartParser> {
  const dying = await dyingWithParent()
  return (command, bounds) => start([...dying, ...command], bounds)
}

async function start(
  [file = '', ...args]: readonly string[],
  { memoryMegabytes }: { memoryMegabytes: number },
): Promise<ParserProcess> {
  const child = spawn(file, args, { env: { PATH: '/usr/bin:/bin' }, cwd: '/' })
  const closed = once(child, 'close')
  if (child.pid === undefined) return closed.then(unstarted)
  let outOfMemory = false
  const watchdog = watchTree(child.pid, { memoryMegabytes, processes: Number.POSITIVE_INFINITY }, () => {
    outOfMemory = true
    child.kill('SIGKILL')
  })
  const gone = closed.then(() => {
    watchdog[Symbol.dispose]()
    return { outOfMemory, exitCode: child.exitCode }
  })
  const { stdin, stdout, stderr } = child
  return { stdin, stdout, stderr, gone, kill: () => void child.kill('SIGKILL') }
}

function unstarted(): never {
  throw new Error('The document parser could not be started')
}

/** Only Linux can do it; elsewhere the limit of processor time ends the child. */
async function dyingWithParent(): Promise<string[]> {
  if (process.platform !== 'linux') return []
  const [setpriv, ...options] = ['setpriv', '--pdeathsig', 'KILL'] as const
  const works = await outputOf(setpriv, [...options, 'true'])
  return works === undefined ? [] : [setpriv, ...options]
}
