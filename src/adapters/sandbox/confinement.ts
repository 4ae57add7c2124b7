import type { Readable, Writable } from 'node:stream'
import type { SandboxKind } from '../../ports/sandbox.ts'

/** A way to start a confined process that runs the driver: the only thing in which the sandboxes differ. */
export interface Confinement {
  readonly kind: SandboxKind
  /**
   * Starts the driver. Resolves as soon as the process is there; that it is ready it says itself. Rejects with
   * `SandboxFailure` when there is no such process.
   */
  start(): Promise<ConfinedProcess>
  /** Removes what earlier servers left behind when they were killed; called once, before the first start. */
  tidy(): Promise<void>
}

/** Everything that runs in one sandbox, seen from outside. */
export interface ConfinedProcess {
  /** The driver's lines to us and ours to it. */
  readonly stdin: Writable
  readonly stdout: Readable
  /** Complaints of whatever starts the sandbox; bounded by who reads it. */
  readonly stderr: Readable
  /** Settles when nothing of it is left, and what it had (groups, users, folders) is given back. Never rejects. */
  readonly gone: Promise<{ readonly outOfMemory: boolean }>
  /** Kills everything in it at once. */
  kill(): void
}
