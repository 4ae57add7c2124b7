import type { Database, Place } from './database.ts'
import type { Finding } from './goal.ts'
import type { Pace } from './measure.ts'

/** One question that the benchmark answers. */
export interface Scenario {
  name: string
  about: string
  /** Whether it is about what the database does: then it is there for Postgres, too, or for Postgres only. */
  postgres?: 'too' | 'only'
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
  /** Runs that are queued for `drain`, and messages that `grow-store` ends with. */
  queuedRuns: number
  storedMessages: number
  database: Database
  /** An empty place for a server's data. */
  newPlace(): Promise<Place>
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
