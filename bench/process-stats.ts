import { readFileSync } from 'node:fs'

const ticksPerSecond = 100 // USER_HZ: 100 on every Linux that Node runs on, whatever the kernel's own tick

/**
 * User and system time of a process, all its threads included, in microseconds. Counted in steps of 10 ms.
 * `withEndedChildren`: that of its children that have ended, too.
 */
export function cpuMicros(pid: number, { withEndedChildren = false } = {}): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const counted = afterName.slice(11, withEndedChildren ? 15 : 13) // utime, stime, cutime, cstime: 14 to 17 of proc(5)
  return (counted.reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond) * 1e6
}

/** Resident memory of a process in megabytes of 1024 KiB. */
export function residentMegabytes(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
  return Number(found?.[1]) / 1024
}

/** Share of the last ten seconds in which some task on this machine waited for a processor, in percent. */
export function cpuPressure(): number | null {
  try {
    const found = /^some avg10=([\d.]+)/.exec(readFileSync('/proc/pressure/cpu', 'latin1'))
    return found ? Number(found[1]) : null
  } catch {
    return null // not every kernel counts it
  }
}
