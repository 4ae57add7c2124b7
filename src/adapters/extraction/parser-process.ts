import type { ConfinedProcess } from '../sandbox/confinement.ts'

/** A process that parses a document, and all that belongs to it. */
export interface ParserProcess extends ConfinedProcess {
  /** Settles when nothing of it is left: whether it was ended for its memory, and how it ended, if it exited. */
  readonly gone: Promise<{ readonly outOfMemory: boolean; readonly exitCode: number | null }>
}

/**
 * Starts a process that runs `command`, with nothing of the server's environment: keys of the server are none of a
 * document's business. It ends with the server. Rejects when it cannot be started.
 */
export type StartParser = (
  command: readonly string[],
  bounds: { readonly memoryMegabytes: number },
) => Promise<ParserProcess>
