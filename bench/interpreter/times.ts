import { median, percentile } from '../measure.ts'
import type { Table } from '../scenario.ts'
import { sum } from './processes.ts'

/** Durations of one thing done over and over, in milliseconds, for the floor and the subject. */
export interface Timed {
  readonly what: string
  readonly floor: number[]
  readonly subject: number[]
}

export async function millisOf(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now()
  await work()
  return performance.now() - before
}

/** Does it for the floor and for the subject in turns, first this one first, then that. */
export async function takeTurns<Each>(pair: readonly [Each, Each], turns: number, work: (each: Each) => Promise<void>) {
  for (let turn = 0; turn < turns; turn += 1) {
    for (const each of turn % 2 === 0 ? pair : pair.toReversed()) await work(each)
  }
}

export function p50({ subject }: Timed): number {
  return median(subject)
}

export function p95({ subject }: Timed): number {
  return percentile(subject.toSorted(ascending), 95)
}

/** For what is counted in coarse steps. */
export function average({ subject }: Timed): number {
  return sum(subject) / subject.length
}

/** Whether the floor went up and down by so much that nothing can be said about a goal of this size. */
export function isUnsteady(floor: readonly number[], limit: number): boolean {
  return Math.max(...floor) - Math.min(...floor) > limit / 5
}

export function timesTable(title: string, all: readonly Timed[]): Table {
  return {
    title,
    columns: ['ms', 'floor p50', 'p95', 'subject p50', 'p95', 'added', 'times'],
    rows: all.map(({ what, floor, subject }) => [
      what,
      ...[floor, subject].flatMap((values) => [median(values), percentile(values.toSorted(ascending), 95)]),
      median(subject) - median(floor),
      subject.length,
    ]),
  }
}

export function ascending(a: number, b: number): number {
  return a - b
}
