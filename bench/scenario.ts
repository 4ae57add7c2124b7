import type { Finding } from './goal.ts'
import type { Pace } from './measure.ts'

/** One question that the benchmark answers. */
export interface Scenario {
  name: string
  about: string
  run(bench: Bench): Promise<Outcome>
}

/** What a scenario is given. */
export interface Bench {
  pace: Pace
  /** A floor in the server's place: every ratio then has to be about 1, or the benchmark itself is wrong. */
  self: boolean
  /** The server's entry file, from the root of the repository. */
  entry: string
  /** Messages in the long thread of `list-flat`, and streams of `open-streams`. */
  longThread: number
  openStreams: number
  /** A new empty folder for a program's data; removed when the benchmark ends. */
  newFolder(): string
}

export interface Outcome {
  findings: Finding[]
  tables: Table[]
  /** What was wrong with the answers. A fast server that drops work must not pass. */
  problems: string[]
}

export interface Table {
  title: string
  columns: string[]
  rows: (string | number)[][]
}
