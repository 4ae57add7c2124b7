import type { Log } from '../../lib/log.ts'
import type { Connection } from './connection.ts'
import type { SegmentQueries } from './segments.ts'
import type { Transactions } from './transactions.ts'

/** So many pieces are removed in one transaction; whoever writes meanwhile comes in between. */
const atOnce = 8

/** Removes what is left of dropped segments, little by little: a large store would hold up everybody else's writes. */
export interface DroppedSegments {
  /** Begins, unless it is under way. What a process leaves behind, the next one finds. */
  clear(): void
  /** Stops after the transaction that is under way. */
  close(): Promise<void>
}

export function droppedSegments({
  queries,
  transactions,
  log,
}: {
  queries: SegmentQueries
  transactions: Transactions
  log: Log | undefined
}): DroppedSegments {
  let working: Promise<void> | undefined
  let wanted = false
  let closed = false

  function clear(): void {
    wanted = true
    working ??= workOff()
  }

  async function workOff(): Promise<void> {
    try {
      while (wanted && !closed) {
        wanted = false
        const removed = await transactions.run(removeSome)
        if (removed > 0) wanted = true
      }
    } catch (error) {
      log?.warn({ err: error }, 'removing dropped segments failed')
    }
    working = undefined
  }

  /** The segments go once a look at the oldest of them has found their last pieces. */
  async function removeSome(connection: Connection): Promise<number> {
    const dropped = await connection.all(queries.dropped, { limit: atOnce })
    const ids = dropped.map((segment) => segment.id)
    if (ids.length === 0) return 0
    const pieces = await connection.run(queries.removePieces, { ids, limit: atOnce })
    if (pieces === atOnce) return pieces
    return pieces + (await connection.run(queries.removeDropped, { ids }))
  }

  async function close(): Promise<void> {
    closed = true
    await working
  }
  return { clear, close }
}
