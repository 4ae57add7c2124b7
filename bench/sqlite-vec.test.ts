import { expect, test } from 'vitest'
import { openVectorTable, whyNoSqliteVec } from './sqlite-vec.ts'

test.skipIf(whyNoSqliteVec() !== null)('the nearest of one store come first, and those of others do not', () => {
  const table = openVectorTable(':memory:', { dimensions: 8, chunkSize: 8 })
  const along = (axis: number, rest = 0) => new Float32Array(8).fill(rest).with(axis, 1)
  table.add(1, [along(0), along(1), along(0, 0.1)])
  table.add(2, [along(0)])
  const nearest = table.nearest(1, along(0), 2)
  expect(nearest.map(({ row }) => row)).toEqual([1, 3])
  expect(nearest[0]?.cosine).toBeCloseTo(1, 5)
  expect(nearest[1]?.cosine).toBeCloseTo(1 / Math.sqrt(1.07), 5)
  expect(table.bytes()).toBeGreaterThan(0)
  table.close()
})
