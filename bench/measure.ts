import type { Load } from './loader.ts'
import { cpuMicros } from './process-stats.ts'

/** Something to be driven and compared: a floor program or the server under test. */
export interface Contestant {
  readonly name: string
  readonly pid: number
  /** CPU time of the database that it keeps its records in, so far; none where that is in the process itself. */
  readonly databaseMicros?: (() => number) | undefined
  drive(seconds: number): Promise<Load>
}

/** What one contestant did in one round. */
export interface Sample {
  cpuPerOperation: number
  /** CPU time of a database that is a process of its own; 0 otherwise. */
  databasePerOperation: number
  perSecond: number
  p50: number
  p99: number
}

export interface Pace {
  rounds: number
  seconds: number
  warmUp: number
}

/** One figure of two contestants, paired round by round. */
export interface Comparison {
  pairs: { floor: number; subject: number; ratio: number }[]
  ratio: number
  difference: number
  /** Largest ratio over smallest. */
  spread: number
}

/** A floor that disagrees with itself by more than this says that the machine is too busy to judge by. */
export const noisySpread = 1.5

/**
 * Samples the contestants in turns, A B B A A B, so that what else this machine does falls on all of them. When the
 * first contestant, the floor, was not steady in the figure to be judged, the whole is measured once more.
 */
export async function measureInTurns(
  contestants: Contestant[],
  pace: Pace,
  figure: keyof Sample = 'cpuPerOperation',
): Promise<Sample[][]> {
  for (const contestant of contestants) await contestant.drive(pace.warmUp)
  const samples = await takeTurns(contestants, pace)
  return isNoisy(samples[0] ?? [], figure) ? takeTurns(contestants, pace) : samples
}

async function takeTurns(contestants: Contestant[], { rounds, seconds }: Pace): Promise<Sample[][]> {
  const samples: Sample[][] = contestants.map(() => [])
  for (let round = 0; round < rounds; round += 1) {
    const order = [...contestants.entries()]
    if (round % 2 === 1) order.reverse()
    for (const [index, contestant] of order) samples[index]?.push(await sample(contestant, seconds))
  }
  return samples
}

async function sample({ pid, drive, databaseMicros = () => 0 }: Contestant, seconds: number): Promise<Sample> {
  const before = cpuMicros(pid)
  const databaseBefore = databaseMicros()
  const load = await drive(seconds)
  const cpu = load.cpuMicros ?? cpuMicros(pid) - before
  const { operations, latencies } = load
  return {
    cpuPerOperation: cpu / operations,
    databasePerOperation: (databaseMicros() - databaseBefore) / operations,
    perSecond: operations / load.seconds,
    p50: percentile(latencies, 50),
    p99: percentile(latencies, 99),
  }
}

export function isNoisy(floor: Sample[], figure: keyof Sample): boolean {
  return spreadOf(floor.map((sample) => sample[figure])) > noisySpread
}

export function compare(floor: Sample[], subject: Sample[], figure: keyof Sample): Comparison {
  const pairs = subject.map((sample, round) => {
    const own = sample[figure]
    const base = floor[round]?.[figure] ?? Number.NaN
    return { floor: base, subject: own, ratio: own / base }
  })
  return {
    pairs,
    ratio: median(pairs.map((pair) => pair.ratio)),
    difference: median(pairs.map((pair) => pair.subject - pair.floor)),
    spread: spreadOf(pairs.map((pair) => pair.ratio)),
  }
}

export function median(values: number[]): number {
  const ascending = values.toSorted((a, b) => a - b)
  const middle = (ascending.length - 1) / 2
  return ((ascending[Math.floor(middle)] ?? Number.NaN) + (ascending[Math.ceil(middle)] ?? Number.NaN)) / 2
}

export function spreadOf(values: number[]): number {
  return Math.max(...values) / Math.min(...values)
}

/** Nearest rank, of values in ascending order. */
export function percentile(ascending: number[], percent: number): number {
  return ascending[Math.max(0, Math.ceil((ascending.length * percent) / 100) - 1)] ?? Number.NaN
}
