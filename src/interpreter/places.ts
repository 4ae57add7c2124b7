/** So many places; who finds none free waits in line. */
export interface Places {
  readonly free: () => number
  readonly waiting: () => number
  /** Resolves with a place, first come first served; rejects with the signal's reason when it is aborted before. */
  take(signal: AbortSignal): Promise<void>
  /** Takes a place if one is free; answers whether it did. */
  tryTake(): boolean
  /** Gives a place back, to whoever waits longest. */
  give(): void
}

export function createPlaces(count: number): Places {
  let free = count
  const line = new Set<() => void>()

  function tryTake(): boolean {
    if (free === 0) return false
    free -= 1
    return true
  }

  async function take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (tryTake()) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    function giveUp() {
      line.delete(resolve)
      reject(signal.reason)
    }
    signal.addEventListener('abort', giveUp, { once: true })
    line.add(resolve)
    await promise.finally(() => signal.removeEventListener('abort', giveUp))
  }

  function give(): void {
    const [next] = line
    if (next === undefined) {
      free += 1
      return
    }
    line.delete(next)
    next() // the place is handed on, so nobody can come in between
  }

  return { free: () => free, waiting: () => line.size, take, tryTake, give }
}
