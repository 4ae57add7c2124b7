import type { Log } from '../lib/log.ts'
import { type Sandbox, SandboxFailure } from '../ports/sandbox.ts'
import { createPlaces } from './places.ts'
import { type PooledSession, poolSession, type SessionWatch } from './pooled-session.ts'

export interface SessionPool {
  /** Sees to it that as many sessions are ready as shall be. What fails is logged and left to the next use. */
  prepare(): void
  /**
   * A session that nobody has used, as soon as there is a place for one. Rejects with `SandboxFailure`, or with the
   * signal's reason once it is aborted.
   */
  take(signal: AbortSignal): Promise<PooledSession>
  /** Ends all sessions; who waits for one is refused. */
  close(): Promise<void>
}

export interface PoolSettings {
  /** Sessions at once, also those that are ready and those that are just ending. */
  readonly sessions: number
  /** How long a session may rest. */
  readonly idleSeconds: number
  /** Sessions that are kept ready while there is room. */
  readonly prepared: number
}

/**
 * The sessions of one sandbox: ready, in use, or at rest. Who wants one takes a ready one first, so ready sessions stand
 * in nobody's way; where there is no place left, the session that rests longest is ended for it.
 */
export function createSessionPool({ sandbox, settings, log }: PoolParts): SessionPool {
  const places = createPlaces(settings.sessions)
  const lifetime = new AbortController()
  const ready = new Set<Promise<PooledSession | undefined>>()
  const open = new Set<PooledSession>()
  /** Those at rest, the longest first. */
  const resting = new Set<PooledSession>()
  let ending = 0
  let failing = false

  async function take(signal: AbortSignal): Promise<PooledSession> {
    const either = AbortSignal.any([signal, lifetime.signal])
    either.throwIfAborted()
    const taken = (await takeReady(either)) ?? (await openOne(either))
    prepare()
    return taken
  }

  async function takeReady(signal: AbortSignal): Promise<PooledSession | undefined> {
    for (const next of ready) {
      ready.delete(next)
      try {
        const taken = await unlessAborted(next, signal)
        if (taken?.resume()) return taken
      } catch (error) {
        ready.add(next) // for somebody else
        throw error
      }
    }
    return undefined
  }

  async function openOne(signal: AbortSignal): Promise<PooledSession> {
    const place = places.take(signal)
    makeRoom()
    await place
    return openInPlace({ signal })
  }

  async function openInPlace(options: { signal: AbortSignal; prepare?: boolean }): Promise<PooledSession> {
    const { signal } = options
    const session = await sandbox.open(options).catch((error: unknown) => {
      places.give()
      throw error
    })
    failing = false
    const held = poolSession(session, { idleSeconds: settings.idleSeconds, watch, log })
    open.add(held)
    if (signal.aborted) await held.close()
    signal.throwIfAborted()
    return held
  }

  function prepare(): void {
    while (!lifetime.signal.aborted && ready.size < settings.prepared && places.tryTake()) {
      const opening = openInPlace({ signal: lifetime.signal, prepare: true }).catch(notReady)
      ready.add(opening)
      void opening.then((held) => held?.session.ended).then(() => ready.delete(opening))
    }
  }

  /** Said once while it lasts; it is tried again with the next use, and what keeps it from working is told there too. */
  function notReady(error: unknown): undefined {
    if (!failing && !lifetime.signal.aborted) log.error({ err: error }, 'no sandbox session could be prepared')
    failing = true
  }

  /** Ends sessions at rest, as many as are waited for. */
  function makeRoom(): void {
    for (const longest of resting) {
      if (places.waiting() <= ending) return
      void longest.close()
    }
  }

  const watch: SessionWatch = {
    rests(held) {
      resting.add(held)
      makeRoom()
    },
    resumes: (held) => resting.delete(held),
    leaves(held) {
      resting.delete(held)
      ending += 1
    },
    gone(held, { used }) {
      open.delete(held)
      ending -= 1
      places.give()
      if (used) prepare() // one that nobody used may have ended at once, as the next one would
    },
  }

  async function close(): Promise<void> {
    lifetime.abort(new SandboxFailure('The server is stopping.'))
    await Promise.all(ready)
    await Promise.all([...open].map((held) => held.close()))
  }

  return { prepare, take, close }
}

interface PoolParts {
  sandbox: Pick<Sandbox, 'open'>
  settings: PoolSettings
  log: Log
}

/** Only the waiting ends with the signal. */
async function unlessAborted<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const giveUp = () => reject(signal.reason)
  signal.addEventListener('abort', giveUp, { once: true })
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', giveUp))
}
