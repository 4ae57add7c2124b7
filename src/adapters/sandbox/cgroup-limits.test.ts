import { expect, test } from 'vitest'
import type { Controller } from './cgroup-base.ts'
import { countOfMemoryKills, settingsOf } from './cgroup-limits.ts'

const limits = { memoryMegabytes: 512, processes: 64, cores: 0.5 }
const written = (controller: Controller, version: 1 | 2) =>
  settingsOf(controller, version, limits).map(({ file, value, optional }) => [file, value, ...(optional ? ['?'] : [])])

test('v1', () => {
  expect((['memory', 'pids', 'cpu'] as const).flatMap((controller) => written(controller, 1))).toEqual([
    ['memory.limit_in_bytes', '536870912'],
    ['memory.memsw.limit_in_bytes', '536870912', '?'],
    ['memory.swappiness', '0', '?'],
    ['pids.max', '64'],
    ['cpu.cfs_period_us', '100000'],
    ['cpu.cfs_quota_us', '50000'],
  ])
})

test('v2', () => {
  expect((['memory', 'pids', 'cpu'] as const).flatMap((controller) => written(controller, 2))).toEqual([
    ['memory.max', '536870912'],
    ['memory.swap.max', '0', '?'],
    ['pids.max', '64'],
    ['cpu.max', '50000 100000'],
  ])
})

test('kills for want of memory are counted', () => {
  expect(countOfMemoryKills('oom_kill_disable 0\nunder_oom 0\noom_kill 3\n')).toBe(3)
  expect(countOfMemoryKills('low 0\nhigh 0\nmax 12\noom 2\noom_kill 1\noom_group_kill 0\n')).toBe(1)
  expect(countOfMemoryKills('')).toBe(0)
})
