import type { Database } from './database.ts'
import { atMost, type Finding, judged } from './goal.ts'
import { median } from './measure.ts'
import { cpuMicros } from './process-stats.ts'
import type { Program } from './program.ts'
import type { Table } from './scenario.ts'

/** What one operation costs where there is so much of something. */
export interface Point {
  readonly size: number
  /** CPU time of one operation, server and database together, in microseconds. */
  readonly cpu: number
  /** The part of it that is the database's. */
  readonly database: number
  /** Milliseconds. */
  readonly p50: number
}

/** Carries the operation out so many times, one after the other. It answers how many milliseconds it took. */
export async function measurePoint(
  { program, database }: { program: Program; database: Database },
  { size, times }: { size: number; times: number },
  operate: (index: number) => Promise<number>,
): Promise<Point> {
  const before = { own: cpuMicros(program.pid), database: database.cpuMicros() }
  const latencies: number[] = []
  for (let index = 0; index < times; index += 1) latencies.push(await operate(index))
  const used = (database.cpuMicros() - before.database) / times
  return { size, cpu: (cpuMicros(program.pid) - before.own) / times + used, database: used, p50: median(latencies) }
}

/**
 * How much more a unit costs at the largest size than at the size before: no more than 1 on a line that is straight or
 * flattens, above it where the line bends upwards. For work that has to grow with the size.
 */
export function bend(points: readonly Point[]): number {
  const [before, last] = points.slice(-2)
  return before && last ? last.cpu / last.size / (before.cpu / before.size) : Number.NaN
}

/** How much more the operation costs at the largest size than at the smallest. For work that must not grow. */
export function rise(points: readonly Point[]): number {
  const [first, last] = [points.at(0), points.at(-1)]
  return first && last ? last.cpu / first.cpu : Number.NaN
}

/** Neighbouring sizes are measured minutes apart, on a machine that others use: closer than this is a tie. */
const mostRise = 1.3
const mostBend = 1.1

export function riseFinding(what: string, points: readonly Point[]): Finding {
  const sizes = `${points.at(-1)?.size} / ${points.at(0)?.size}`
  return judged({
    label: `${what}, CPU at ${sizes}`,
    value: rise(points),
    unit: 'x',
    goal: atMost(mostRise),
    noisy: false,
  })
}

export function bendFinding(what: string, points: readonly Point[]): Finding {
  const sizes = `${points.at(-1)?.size} / ${points.at(-2)?.size}`
  return judged({
    label: `${what}, CPU at ${sizes}`,
    value: bend(points),
    unit: 'x',
    goal: atMost(mostBend),
    noisy: false,
  })
}

export function growthTable(title: string, unit: string, points: readonly Point[]): Table {
  return {
    title,
    columns: [unit, 'CPU µs', 'of it database', 'p50 ms'],
    rows: points.map(({ size, cpu, database, p50 }) => [size, cpu, database, p50]),
  }
}
