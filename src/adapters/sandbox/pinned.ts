import { readFileSync } from 'node:fs'
import { findProgram } from './find-program.ts'

/**
 * `command` on so many of the processor cores that we may use ourselves, chosen at random, and on no others: for where no
 * control group bounds its time. The system call filter keeps it from choosing others. As it is where nobody can say.
 */
export function pinned(cores: number, command: readonly string[]): string[] {
  const taskset = findProgram('taskset')
  const allowed = allowedCores()
  const count = Math.max(1, Math.ceil(cores))
  if (!taskset || allowed.length <= count) return [...command]
  const first = Math.floor(Math.random() * allowed.length)
  const chosen = Array.from({ length: count }, (_, place) => allowed[(first + place) % allowed.length])
  return [taskset, '--cpu-list', chosen.join(','), ...command]
}

/** See proc_pid_status(5): `Cpus_allowed_list: 0-3,8`. */
function allowedCores(): number[] {
  const status = readFileSync('/proc/self/status', 'latin1')
  const ranges = /^Cpus_allowed_list:\s+(\S+)$/m.exec(status)?.[1]?.split(',') ?? []
  return ranges.flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, place) => first + place)
  })
}
