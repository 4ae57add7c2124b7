import { noisySpread, percentile } from './measure.ts'

/** One way of searching. */
export interface Searcher {
  readonly name: string
  /** One search with a question of its own; what is wrong with the answer, if anything. */
  search(): Promise<string | undefined>
}

export interface Timing {
  readonly name: string
  /** Milliseconds of the very first search, which the others do not count. */
  readonly first: number
  readonly p50: number
  readonly p95: number
  /** CPU time of one search, every thread of this process, in milliseconds: mean and median. */
  readonly cpu: number
  readonly cpuP50: number
  /** Searches waited for a processor: with one thread at work, time by the clock is CPU time and little else. */
  readonly noisy: boolean
  readonly problems: readonly string[]
}

const turns = 4
const fewestInTurn = 8

interface Taken {
  readonly latencies: number[]
  readonly cpu: number[]
  readonly problems: string[]
}

/** Lets each search for so many seconds in turns, A B B A, so that what else this machine does falls on all of them. */
export async function searchInTurns(searchers: readonly Searcher[], seconds: number): Promise<Timing[]> {
  const all = searchers.map((searcher) => ({ searcher, taken: { latencies: [], cpu: [], problems: [] } as Taken }))
  for (let turn = 0; turn < turns; turn++) {
    for (const { searcher, taken } of turn % 2 === 0 ? all : all.toReversed()) {
      await takeTurn(searcher, taken, (seconds * 1000) / turns)
    }
  }
  return all.map(({ searcher, taken }) => timingOf(searcher.name, taken))
}

async function takeTurn({ search }: Searcher, { latencies, cpu, problems }: Taken, millis: number): Promise<void> {
  const fewest = latencies.length + fewestInTurn
  const end = performance.now() + millis
  while (latencies.length < fewest || performance.now() < end) {
    const used = process.cpuUsage()
    const before = performance.now()
    const problem = await search()
    latencies.push(performance.now() - before)
    const { user, system } = process.cpuUsage(used)
    cpu.push((user + system) / 1000)
    if (problem) problems.push(problem)
  }
}

function timingOf(name: string, { latencies, cpu, problems }: Taken): Timing {
  const [first = Number.NaN, ...warm] = latencies
  const warmCpu = cpu.slice(1)
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
  const noisy = sum(warm) > noisySpread * sum(warmCpu)
  warm.sort((a, b) => a - b)
  const cpuP50 = percentile(
    warmCpu.toSorted((a, b) => a - b),
    50,
  )
  const [p50, p95] = [percentile(warm, 50), percentile(warm, 95)]
  return { name, first, p50, p95, cpu: sum(warmCpu) / warmCpu.length, cpuP50, noisy, problems }
}
