import { readFileSync } from 'node:fs'

const ticksPerSecond = 100 // USER_HZ: 100 on every Linux that Node runs on, whatever the kernel's own tick

/** User and system time of a process, all its threads included, in microseconds. Counted in steps of 10 ms. */
export function cpuMicros(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [user, system] = [afterName[11], afterName[12]] // utime and stime, fields 14 and 15 of proc(5)
  return ((Number(user) + Number(system)) / ticksPerSecond) * 1e6
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
