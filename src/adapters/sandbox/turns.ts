/** Lets one in at a time, in the order in which they came. */
export interface Turns {
  /** Resolves to the turn, which its holder gives up by disposing of it. Rejects with the signal's reason. */
  take(signal?: AbortSignal): Promise<Disposable>
  /** Lets all in who wait: there is nothing left to share. */
  open(): void
}

export function createTurns(): Turns {
  let taken = false
  const waiting = new Set<() => void>()

  async function take(signal?: AbortSignal): Promise<Disposable> {
    signal?.throwIfAborted()
    if (taken) await turn(signal)
    taken = true
    return { [Symbol.dispose]: leave }
  }

  async function turn(signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    function giveUp(): void {
      waiting.delete(resolve)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', giveUp)
    waiting.add(resolve)
    await promise.finally(() => signal?.removeEventListener('abort', giveUp))
  }

  function leave(): void {
    const [next] = waiting
    if (next === undefined) taken = false
    else {
      waiting.delete(next)
      next() // the turn is handed on, so that nobody comes in between
    }
  }

  function open(): void {
    for (const next of waiting) next()
    waiting.clear()
  }
  return { take, open }
}
