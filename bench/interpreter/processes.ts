import { readdirSync, readFileSync } from 'node:fs'
import { cpuMicros } from '../process-stats.ts'

/** All that runs below a process, as far as it was there when looked for. */
export function processesBelow(pid: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const parent = parentOf(name)
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const found = [...(children.get(pid) ?? [])]
  for (const child of found) found.push(...(children.get(child) ?? [])) // goes on into what it adds
  return found
}

/** Memory of processes in megabytes of 1024 KiB; what is shared, also with others, counts by its share. */
export function sharedOutMegabytes(pids: readonly number[]): number {
  const kilobytes = pids.map((pid) => Number(/^Pss:\s+(\d+) kB$/m.exec(read(`${pid}/smaps_rollup`))?.[1] ?? 0))
  return sum(kilobytes) / 1024
}

/** User and system time of processes, in milliseconds; of those that are gone, none. */
export function cpuMillis(pids: readonly number[]): number {
  return sum(pids.map((pid) => (read(`${pid}/stat`) === '' ? 0 : cpuMicros(pid)))) / 1000
}

function parentOf(name: string): number | undefined {
  if (!/^\d+$/.test(name)) return undefined
  const stat = read(`${name}/stat`)
  const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] // field 4 of proc_pid_stat(5)
  return parent === undefined ? undefined : Number(parent)
}

function read(file: string): string {
  try {
    return readFileSync(`/proc/${file}`, 'latin1')
  } catch {
    return '' // it is gone
  }
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
