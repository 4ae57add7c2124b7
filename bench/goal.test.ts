import { expect, test } from 'vitest'
import { atLeast, atMost, judged } from './goal.ts'

function verdict(value: number, goal: ReturnType<typeof atMost>, noisy = false) {
  return judged({ label: '', value, unit: '', goal, noisy }).verdict
}

test('a figure up to a quarter past its goal is near, beyond that missed', () => {
  expect([2, 2.5, 2.6].map((value) => verdict(value, atMost(2)))).toEqual(['met', 'near', 'missed'])
  expect([300, 240, 239].map((value) => verdict(value, atLeast(300)))).toEqual(['met', 'near', 'missed'])
})

test('nothing is judged on a noisy machine', () => {
  expect(verdict(1, atMost(2), true)).toBe('inconclusive')
  expect(verdict(9, atMost(2), true)).toBe('inconclusive')
})

test('a figure that could not be measured is missed', () => {
  expect(verdict(Number.NaN, atMost(2))).toBe('missed')
})
