import { readFile } from 'node:fs/promises'
import { count, tooMuch } from './failures.ts'
import type { ExtractionLimits } from './limits.ts'

const lookEveryMs = 100

/**
 * Watches a process by the clock and, where there is `/proc`, by the memory it holds. Calls `bite` with the reason, once.
 */
export function createWatchdog(
  pid: number,
  { seconds, memoryMegabytes }: Pick<ExtractionLimits, 'seconds' | 'memoryMegabytes'>,
  bite: (reason: Error) => void,
): Disposable {
  const timeout = setTimeout(() => end(tooMuch(`took longer than ${count(seconds)} seconds`)), seconds * 1000)
  const interval = setInterval(look, lookEveryMs)

  async function look(): Promise<void> {
    const megabytes = await residentMegabytes(pid)
    if (megabytes > memoryMegabytes) end(needsTooMuchMemory())
  }

  function stop(): void {
    clearTimeout(timeout)
    clearInterval(interval)
  }

  function end(reason: Error): void {
    stop()
    bite(reason)
  }
  return { [Symbol.dispose]: stop }
}

export function needsTooMuchMemory() {
  return tooMuch('needs more memory than one document may have')
}

/** 0 when the process is gone, or when the platform does not say. */
async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024
}
