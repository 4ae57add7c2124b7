import { expect, test } from 'vitest'
import { dateOf } from './xlsx-dates.ts'

test.each([
  [44259, false, '2021-03-04'],
  [44259.75, false, '2021-03-04 18:00:00'],
  [0.5, false, '12:00:00'],
  [61, false, '1900-03-01'],
  [42797, true, '2021-03-04'],
  [-1, false, undefined],
  [1e12, false, undefined],
])('%d (from 1904: %s) is %s', (serial, from1904, date) => {
  expect(dateOf(serial, from1904)).toBe(date)
})
