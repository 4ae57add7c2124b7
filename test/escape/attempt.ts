import type { CodeEnd, SandboxFile, SandboxKind, SandboxLimits, SessionEnd } from '../../src/ports/sandbox.ts'

/** A row of the table in `docs/sandbox.md`: code that tries to get out, or to take more than it is given. */
export interface Attempt {
  readonly name: string
  /** For people, the rest of "The code ...". */
  readonly tries: string
  /** Python. What `prelude.ts` defines is there. */
  readonly code: string
  /** Throws unless the attempt failed. That the host is untouched and the server answers is looked at after all of them. */
  readonly holds: Judge
  /** Where a kind of sandbox promises something else, what that is, and what shows it. */
  readonly otherwise?: Partial<Record<SandboxKind, Otherwise>>
  /** Leaves its session as it was, so that others can use it. */
  readonly gentle?: true
  /** Paths that are asked for afterwards, besides all that are listed. */
  readonly asks?: readonly string[]
  /** Its files are not asked for afterwards: that nobody answers is waited for long, and another attempt shows that. */
  readonly asksNothing?: true
  /** Paths that something is put under afterwards. */
  readonly puts?: readonly string[]
}

export interface Otherwise {
  readonly promises: string
  readonly holds: Judge
}

export type Judge = (outcome: Outcome) => void

/** What came of an attempt, seen from outside. */
export interface Outcome {
  readonly limits: SandboxLimits
  readonly logs: string
  readonly end: CodeEnd
  readonly seconds: number
  /** The most memory that its processes had together, in MiB, beyond what they had before. */
  readonly peakMegabytes: number
  readonly images: number
  /** Null when the session did not list them. */
  readonly files: readonly SandboxFile[] | null
  /** Of each path that was asked for, the bytes; null when they were refused. */
  readonly contents: ReadonlyMap<string, Buffer | null>
  /** Of each path that was put, whether it went. */
  readonly placed: ReadonlyMap<string, boolean>
  /** Whether the same session computes something afterwards. */
  readonly answersAfter: boolean
  /** Why the session is over; undefined while it lives. */
  readonly ended: SessionEnd | undefined
}
