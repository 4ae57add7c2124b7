import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLentLogs } from './lent-logs.ts'
import { createRunLog } from './run-log.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a leg can be read for half a minute after its end', () => {
  const lending = createLentLogs()
  const log = createRunLog()
  lending.lend('job_1', log)
  vi.advanceTimersByTime(600_000)
  expect([lending.lent('job_1'), lending.lent('job_2')]).toEqual([log, undefined])
  log.append({ event: 'done', data: '[DONE]' })
  vi.advanceTimersByTime(30_000)
  expect(lending.lent('job_1')).toBe(log)
  vi.advanceTimersByTime(10_000)
  expect(lending.lent('job_1')).toBeUndefined()
  expect(vi.getTimerCount()).toBe(0)
})
