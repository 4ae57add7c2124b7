import { existsSync, readFileSync, readlinkSync } from 'node:fs'

/**
 * Names this process for as long as the machine runs: its pid namespace, its pid and when it started, so that what a
 * killed server left behind is told from what a living one uses, even after its pid was given to another process.
 */
export function serverMark(): string {
  return `${pidNamespace()}-${process.pid}-${startOf(process.pid)}`
}

/** Whether `mark` names a process that could be seen from here and is gone. Words that are no mark are not. */
export function isOfDeadServer(mark: string): boolean {
  const [, namespace, pid, start] = /^(\d+)-(\d+)-(\d+)$/.exec(mark) ?? []
  if (namespace !== pidNamespace()) return false
  return startOf(Number(pid)) !== Number(start)
}

/** Only Linux has them, and tells when a process started; elsewhere both are 0. */
const hasProc = existsSync('/proc/self/ns/pid')

function pidNamespace(): string {
  return (hasProc && /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0]) || '0'
}

/** In clock ticks since the machine started; undefined for a process that is not there. */
function startOf(pid: number): number | undefined {
  try {
    if (!hasProc) return process.kill(pid, 0) ? 0 : undefined
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
  } catch {
    return undefined
  }
}
