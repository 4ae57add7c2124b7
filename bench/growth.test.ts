import { expect, test } from 'vitest'
import { bend, rise } from './growth.ts'

function line(...cpu: number[]) {
  return cpu.map((value, index) => ({ size: 10 ** index, cpu: value, database: 0, p50: 0 }))
}

test('a straight line does not bend upwards, whatever it starts with; a parabola does', () => {
  expect(bend(line(101, 110, 200, 1100))).toBeLessThan(1)
  expect(bend(line(1, 10, 100, 1000))).toBe(1)
  expect(bend(line(1, 100, 10_000))).toBe(10)
})

test('a flat line does not rise', () => {
  expect(rise(line(50, 60, 50))).toBe(1)
  expect(rise(line(50, 60, 100))).toBe(2)
})
