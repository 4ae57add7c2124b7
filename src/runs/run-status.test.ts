import { describe, expect, it } from 'vitest'
import { runStatus } from '../api/run.ts'
import { activeStatuses, before, isActive, next } from './run-status.ts'

/** Every transition there is, written out once more: what is not listed must not happen. */
const transitions = [
  'queued in_progress',
  'queued cancelling',
  'queued cancelled',
  'queued failed',
  'queued expired',
  'in_progress requires_action',
  'in_progress cancelling',
  'in_progress completed',
  'in_progress incomplete',
  'in_progress failed',
  'in_progress expired',
  'requires_action queued',
  'requires_action cancelling',
  'requires_action cancelled',
  'requires_action expired',
  'cancelling cancelled',
  'cancelling completed',
  'cancelling incomplete',
  'cancelling failed',
  'cancelling expired',
]

describe('run status', () => {
  const pairs = runStatus.options.flatMap((from) => runStatus.options.map((to) => ({ from, to })))

  it.each(pairs)('$from -> $to', ({ from, to }) => {
    const allowed = transitions.includes(`${from} ${to}`)
    expect((next[from] as readonly string[]).includes(to)).toBe(allowed)
    expect(before(to).includes(from)).toBe(allowed)
  })

  it('is active exactly while something can follow', () => {
    for (const status of runStatus.options) expect(isActive(status)).toBe(next[status].length > 0)
    expect(runStatus.options.filter(isActive)).toEqual([...activeStatuses])
  })
})
