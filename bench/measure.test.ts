import { expect, test } from 'vitest'
import { compare, isNoisy, measureInTurns, median, percentile, type Sample } from './measure.ts'

function sample(cpuPerOperation: number): Sample {
  return { cpuPerOperation, databasePerOperation: 0, perSecond: 1, p50: 1, p99: 1 }
}

test('the median of an even count is the mean of its two middle values', () => {
  expect(median([4, 1, 3])).toBe(3)
  expect(median([4, 1, 3, 2])).toBe(2.5)
})

test('a percentile is a value that was measured', () => {
  const ascending = Array.from({ length: 200 }, (_, index) => index + 1)
  expect(percentile(ascending, 50)).toBe(100)
  expect(percentile(ascending, 99)).toBe(198)
  expect(percentile([7], 99)).toBe(7)
  expect(percentile([], 50)).toBeNaN()
})

test('the ratio of two contestants is the median of their paired ratios, not the quotient of their medians', () => {
  const { ratio, difference, spread } = compare([10, 20, 40].map(sample), [20, 30, 40].map(sample), 'cpuPerOperation')
  expect(ratio).toBe(1.5)
  expect(difference).toBe(10)
  expect(spread).toBe(2)
})

test('a floor is noisy when it disagrees with itself by more than half', () => {
  expect(isNoisy([10, 15].map(sample), 'cpuPerOperation')).toBe(false)
  expect(isNoisy([10, 16].map(sample), 'cpuPerOperation')).toBe(true)
})

test('contestants take turns, each round in the other order, and a noisy floor has all of it repeated', async () => {
  const turns: string[] = []
  const operations = [1, 1, 1, 9, 1, 1] // of the floor: one warm-up, then two rounds of which one is off
  const contestant = (name: string, next: () => number) => ({
    name,
    pid: process.pid,
    drive: async () => {
      turns.push(name)
      return { operations: next(), seconds: 1, latencies: [1], cpuMicros: 1 }
    },
  })
  const floor = contestant('a', () => operations.shift() ?? 1)
  const subject = contestant('b', () => 2)
  const [floorSamples, subjectSamples] = await measureInTurns([floor, subject], { rounds: 3, seconds: 1, warmUp: 1 })
  expect(turns.join('')).toBe('ab' + 'abbaab' + 'abbaab')
  expect(floorSamples?.map((own) => own.cpuPerOperation)).toEqual([1, 1, 1])
  expect(subjectSamples?.map((own) => own.cpuPerOperation)).toEqual([0.5, 0.5, 0.5])
})
