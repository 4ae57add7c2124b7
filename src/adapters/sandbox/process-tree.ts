import { readdir, readFile } from 'node:fs/promises'

/** A process told from a later one with the same pid. */
export interface ProcessId {
  readonly pid: number
  /** In clock ticks since the machine started. */
  readonly start: number
}

/** Undefined when there is no such process, or only what is left of it until its parent asks. */
export async function identify(pid: number): Promise<ProcessId | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined)
  if (stat === undefined) return undefined
  // The name before it may hold anything; see proc_pid_stat(5): state is field 3, the start field 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : { pid, start: Number(fields[19]) }
}

export async function isAlive({ pid, start }: ProcessId): Promise<boolean> {
  return (await identify(pid))?.start === start
}

/**
 * Those below a process, children before grandchildren. One that appears or goes meanwhile may be missed. Undefined
 * where the kernel does not tell children.
 */
export async function descendants(pid: number): Promise<number[] | undefined> {
  const found = await childrenOf(pid)
  if (found === undefined) return undefined
  for (const child of found) found.push(...((await childrenOf(child)) ?? [])) // goes on into what it adds
  return found
}

async function childrenOf(pid: number): Promise<number[] | undefined> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => [])
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'latin1').catch(() => undefined)),
  )
  const told = lists.filter((list) => list !== undefined)
  return told.length === 0
    ? undefined
    : told.flatMap((list) => list.split(' ').map(Number)).filter((child) => child > 0)
}
