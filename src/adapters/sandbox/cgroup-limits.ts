import type { Controller } from './cgroup-base.ts'

/** What all processes of a group may have together. */
export interface GroupLimits {
  readonly memoryMegabytes: number
  /** Threads count as well. */
  readonly processes: number
  /** Processor cores; 0.5 is half of one. */
  readonly cores: number
}

/** A file of a group and what to write into it; one that is not there is no fault if `optional`. */
export interface Setting {
  readonly file: string
  readonly value: string
  readonly optional?: boolean
}

const periodMicroseconds = 100_000

/**
 * The settings of a controller, in the order in which the kernel takes them. Memory is without swap, where swap can be
 * bounded at all. With v2 the kernel is left to kill one process of the group, the largest, as it does with v1: a session
 * outlives children that took too much.
 */
export function settingsOf(controller: Controller, version: 1 | 2, limits: GroupLimits): Setting[] {
  const bytes = String(Math.floor(limits.memoryMegabytes * 1024 ** 2))
  const quota = String(Math.max(1000, Math.round(limits.cores * periodMicroseconds)))
  switch (controller) {
    case 'memory':
      if (version === 2) {
        return [
          { file: 'memory.max', value: bytes },
          { file: 'memory.swap.max', value: '0', optional: true },
        ]
      }
      return [
        { file: 'memory.limit_in_bytes', value: bytes },
        { file: 'memory.memsw.limit_in_bytes', value: bytes, optional: true },
        { file: 'memory.swappiness', value: '0', optional: true },
      ]
    case 'pids':
      return [{ file: 'pids.max', value: String(limits.processes) }]
    case 'cpu':
      if (version === 2) return [{ file: 'cpu.max', value: `${quota} ${periodMicroseconds}` }]
      return [
        { file: 'cpu.cfs_period_us', value: String(periodMicroseconds) },
        { file: 'cpu.cfs_quota_us', value: quota },
      ]
  }
}

/** Where a group counts the processes that were killed for want of memory, on a line `oom_kill <n>`. */
export function memoryEventsFile(version: 1 | 2): string {
  return version === 1 ? 'memory.oom_control' : 'memory.events'
}

export function countOfMemoryKills(events: string): number {
  return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0)
}
