import type { Log } from '../lib/log.ts'
import type { SandboxSession } from '../ports/sandbox.ts'

/** A session that is in use until it rests. */
export interface PooledSession {
  readonly session: SandboxSession
  /** Lets it wait for its next use, for a while; meanwhile it may have to make room for another. */
  rest(): void
  /** Takes it up again; answers whether it is still there. */
  resume(): boolean
  /** Ends it for good. Never rejects. */
  close(): Promise<void>
}

/** What the pool is told of one of its sessions. */
export interface SessionWatch {
  rests(held: PooledSession): void
  resumes(held: PooledSession): void
  /** It is ending, or over already. */
  leaves(held: PooledSession): void
  /** Nothing of it is left. */
  gone(held: PooledSession, use: { used: boolean }): void
}

/** Watches over a session that was just opened; one that has rested for `idleSeconds` is ended. */
export function poolSession(
  session: SandboxSession,
  { idleSeconds, watch, log }: { idleSeconds: number; watch: SessionWatch; log: Log },
): PooledSession {
  const held: PooledSession = { session, rest, resume, close }
  const gone = session.ended.then(letGo)
  let leaving = false
  let used = false
  let timer: NodeJS.Timeout | undefined

  function rest(): void {
    used = true
    if (leaving) return
    timer = setTimeout(close, idleSeconds * 1000).unref()
    watch.rests(held)
  }

  function resume(): boolean {
    clearTimeout(timer)
    watch.resumes(held)
    return !leaving
  }

  async function close(): Promise<void> {
    leave()
    await end()
    await gone
  }

  async function letGo(): Promise<void> {
    leave()
    await end()
    watch.gone(held, { used })
  }

  function leave(): void {
    if (leaving) return
    leaving = true
    clearTimeout(timer)
    watch.leaves(held)
  }

  async function end(): Promise<void> {
    await session.close().catch((error: unknown) => log.error({ err: error }, 'a sandbox session did not end'))
  }

  return held
}
