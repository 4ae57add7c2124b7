/** Runs Python that nobody has read, confined. Opened once by the server, which closes it. */
export interface Sandbox {
  readonly kind: SandboxKind
  readonly limits: SandboxLimits
  /**
   * A fresh session: a Python that runs, with an empty `/mnt/data`. With `prepare` it has numpy, pandas and matplotlib
   * imported, as far as they are there, which takes a second or two. Rejects with `SandboxFailure`, or with the signal's
   * reason once it is aborted.
   */
  open(options: { signal: AbortSignal; prepare?: boolean }): Promise<SandboxSession>
  /** Ends every session that is open, with everything that runs in it. */
  close(): Promise<void>
}

/** From the strongest wall to the weakest: a kernel of its own, namespaces, a list of what is allowed. */
export type SandboxKind = 'gvisor' | 'docker' | 'bubblewrap' | 'landlock'

/** What a session may have. */
export interface SandboxLimits {
  readonly memoryMegabytes: number
  readonly processes: number
  /** Processor cores; 0.5 is half of one. */
  readonly cores: number
  /** All files together. */
  readonly diskMegabytes: number
  /** For one call. */
  readonly seconds: number
  /** Text that one call may print. */
  readonly outputBytes: number
}

/** One Python with its variables and files. Whatever it says is the word of a stranger and was checked. */
export interface SandboxSession {
  /**
   * Runs code; one call at a time. Yields what it shows as it comes; the last part is `end`, always. A call over its
   * time, or one whose signal is aborted, is interrupted, and killed when it does not listen; once the signal is
   * aborted this rejects with its reason.
   */
  run(code: string, options: { signal: AbortSignal }): AsyncIterable<CodePart>
  /**
   * Puts a file into `/mnt/data` under a relative path, replacing what is there. With `alias`, the same file is found
   * there under that name too. Rejects with `SandboxFailure` when there is no room.
   */
  put(path: string, data: AsyncIterable<Uint8Array>, options?: { alias?: string }): Promise<void>
  /** The regular files under `/mnt/data`, at most 1,000 of them, sorted by path; links and special files are not listed. */
  list(): Promise<SandboxFile[]>
  /** The bytes of a listed file, at most as many as the disk holds. Rejects with `SandboxFailure` when it is none now. */
  get(path: string): AsyncIterable<Uint8Array>
  /** Ends it with everything that runs in it; settles when nothing of it is left. */
  close(): Promise<void>
  /** Settles when the session is over, whoever ended it; what it answers can be told to a model. */
  readonly ended: Promise<SessionEnd>
}

/**
 * `logs`: what was printed, standard output and errors in their order, in pieces; tracebacks and the last expression's
 * value are among it. `image`: a figure, as a whole picture.
 */
export type CodePart =
  | { readonly type: 'logs'; readonly text: string }
  | { readonly type: 'image'; readonly format: 'png' | 'jpeg'; readonly data: Uint8Array }
  | { readonly type: 'end'; readonly reason: CodeEnd }

/**
 * `completed`; `raised`: an exception, whose traceback is in the logs; `timeout` and `output`: interrupted at a limit,
 * the session lives; `session`: the session ended under it, `SandboxSession.ended` tells why.
 */
export type CodeEnd = 'completed' | 'raised' | 'timeout' | 'output' | 'session'

/** `exited`: the code ended its own Python. `unresponsive`: it did not listen to an interrupt, and was killed. */
export type SessionEnd = 'closed' | 'exited' | 'memory' | 'unresponsive' | 'protocol'

export interface SandboxFile {
  /** Relative to `/mnt/data`, with `/` between folders; no control characters, no `.` and `..`, valid Unicode. */
  readonly path: string
  readonly bytes: number
  /** Changes whenever the file is written: opaque. */
  readonly version: string
}

/** Why there is no session, or no file. `message` says what is wrong and what to do. */
export class SandboxFailure extends Error {
  override readonly name = 'SandboxFailure'
}
