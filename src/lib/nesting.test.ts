import { expect, test } from 'vitest'
import { isTooDeep, maxNesting } from './nesting.ts'

test.each([[(inner: unknown) => [0, inner]], [(inner: unknown) => ({ a: 'x', b: inner })]])(
  'levels are counted up to the limit and past it',
  (around) => {
    let value = around(null)
    for (let level = 1; level < maxNesting; level++) value = around(value)
    expect(isTooDeep(value)).toBe(false)
    expect(isTooDeep(around(value))).toBe(true)
  },
)

test('a hundred thousand levels are only looked at as far as needed', () => {
  expect(isTooDeep(JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)))).toBe(true)
})

test.each([['text'], [null], [5], [[]], [{ a: [{}] }]])('%j is not deep', (value) => {
  expect(isTooDeep(value)).toBe(false)
})
