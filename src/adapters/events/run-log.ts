import type { StreamEvent } from '../../api/stream-event.ts'
import type { RunLog } from '../../ports/events.ts'
import { canMerge, mergeDeltas } from './merge-deltas.ts'

/** From so many entries on, deltas that no follower stands between are merged. */
const compactAt = 64

interface Entry {
  readonly event: StreamEvent
  /** How many events had been appended when this entry was complete; a merged entry stands for several. */
  readonly end: number
}

interface Follower {
  /** How many events it has taken. */
  position: number
  wake: (() => void) | undefined
}

/**
 * The events of one leg of a run, in memory. Nothing is ever dropped, so that a follower can come late; what bounds
 * the log is that neighbouring deltas become one, so it grows with the text and not with the number of tokens.
 */
export function createRunLog(): RunLog {
  let entries: Entry[] = []
  let appended = 0
  let closed = false
  let compactNext = compactAt
  const followers = new Set<Follower>()

  function append(...events: StreamEvent[]): void {
    if (closed) throw new Error('this leg of the run is over: nothing can follow `done`')
    for (const event of events) {
      appended += 1
      entries.push({ event, end: appended })
      if (event.event === 'done') closed = true
    }
    if (entries.length >= compactNext) compact()
    for (const follower of followers) follower.wake?.()
  }

  function compact(): void {
    const stops = new Set<number>()
    for (const follower of followers) stops.add(follower.position)
    const groups: Entry[][] = []
    for (const entry of entries) {
      const group = groups.at(-1)
      const last = group?.at(-1)
      if (group && last && !stops.has(last.end) && canMerge(last.event, entry.event)) group.push(entry)
      else groups.push([entry])
    }
    entries = groups.flatMap(mergeEntries)
    // Many followers at different places leave many entries; do not scan them again at every append.
    compactNext = Math.max(compactAt, entries.length * 2)
  }

  async function* follow({ signal }: { signal: AbortSignal }): AsyncGenerator<StreamEvent> {
    const follower: Follower = { position: 0, wake: undefined }
    const stop = () => follower.wake?.()
    signal.addEventListener('abort', stop)
    followers.add(follower)
    try {
      while (!signal.aborted) {
        const entry = entryAfter(follower.position)
        if (entry) {
          follower.position = entry.end
          yield entry.event
        } else if (closed) return
        else await new Promise<void>((resolve) => (follower.wake = resolve))
      }
    } finally {
      followers.delete(follower)
      signal.removeEventListener('abort', stop)
    }
  }

  /** The first entry that ends past `position`: entries are ordered by `end`. */
  function entryAfter(position: number): Entry | undefined {
    if (position === appended) return undefined
    let low = 0
    let high = entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((entries[middle] as Entry).end <= position) low = middle + 1
      else high = middle
    }
    return entries[low]
  }

  return { append, over: () => closed, follow }
}

function mergeEntries(group: readonly Entry[]): Entry | [] {
  const last = group.at(-1)
  if (!last || group.length === 1) return last ?? []
  return { event: mergeDeltas(group.map(({ event }) => event)), end: last.end }
}
