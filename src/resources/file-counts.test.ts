import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countMoves, type FileMove, noFiles } from './file-counts.ts'

const status = fc.constantFrom('in_progress', 'completed', 'failed', 'cancelled')
const place = fc.option(status)

test('whatever moves, the total is the sum of the others', () => {
  const moves = fc.array(fc.record({ from: place, to: place, batch_id: fc.constant(null), bytes: fc.nat() }))
  fc.assert(
    fc.property(moves, (each) => {
      const { total, in_progress, completed, failed, cancelled } = countMoves(noFiles, each)
      expect(total).toBe(in_progress + completed + failed + cancelled)
    }),
  )
})

test('a file is counted where it has arrived, and only there', () => {
  const move = (from: FileMove['from'], to: FileMove['to']): FileMove => ({ from, to, batch_id: null, bytes: 0 })
  const attached = countMoves(noFiles, [move(null, 'in_progress'), move(null, 'in_progress')])
  expect(attached).toEqual({ in_progress: 2, completed: 0, failed: 0, cancelled: 0, total: 2 })
  const settled = countMoves(attached, [move('in_progress', 'completed'), move('in_progress', 'failed')])
  expect(settled).toEqual({ in_progress: 0, completed: 1, failed: 1, cancelled: 0, total: 2 })
  expect(countMoves(settled, [move('failed', null), move('completed', null)])).toEqual(noFiles)
})
