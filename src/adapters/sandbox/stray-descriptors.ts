import type { ChildProcess, IOType } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'

/**
 * Has `start` spawn a process with its first `count` descriptors as pipes and none of this process's own. Node marks what
 * it opens itself as not to be handed on, but not what it found open when it started, nor what native libraries open.
 */
export function withoutStrays(count: number, start: (stdio: (IOType | number)[]) => ChildProcess): ChildProcess {
  const strays = strayDescriptors().filter((descriptor) => descriptor >= count)
  const nothing = openSync('/dev/null', 'r')
  try {
    const stdio = Array.from({ length: Math.max(count, ...strays.map((descriptor) => descriptor + 1)) }, (_, place) => {
      if (place < count) return 'pipe' as const
      return strays.includes(place) ? nothing : ('ignore' as const)
    })
    return start(stdio)
  } finally {
    closeSync(nothing)
  }
}

const closedOnExec = 0o2000000 // O_CLOEXEC

/** See proc_pid_fdinfo(5). */
function strayDescriptors(): number[] {
  return readdirSync('/proc/self/fdinfo').map(Number).filter(isHandedOn)
}

function isHandedOn(descriptor: number): boolean {
  try {
    const info = readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1')
    return (Number.parseInt(/^flags:\s+(\d+)$/m.exec(info)?.[1] ?? '0', 8) & closedOnExec) === 0
  } catch {
    return false // it was the one that the folder was read with
  }
}
