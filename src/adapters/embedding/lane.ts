/** Lets so many through at a time, the others in the order in which they came. */
export interface Lane {
  /** Rejects with the signal's reason when that is aborted before its turn. */
  pass<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result>
}

export function createLane(width: number): Lane {
  let free = width
  const waiting = new Set<() => void>()

  async function enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (free > 0) {
      free -= 1
      return
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    function giveUp() {
      waiting.delete(resolve)
      reject(signal.reason)
    }
    signal.addEventListener('abort', giveUp, { once: true })
    waiting.add(resolve)
    await promise.finally(() => signal.removeEventListener('abort', giveUp))
  }

  function leave(): void {
    const [next] = waiting
    if (next === undefined) {
      free += 1
      return
    }
    waiting.delete(next)
    next() // the place is handed on, so nobody can come in between
  }

  return {
    async pass(work, signal) {
      await enter(signal)
      try {
        return await work()
      } finally {
        leave()
      }
    },
  }
}
