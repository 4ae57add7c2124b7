import type { FileCounts, StoreFileStatus } from '../api/vector-store.ts'

/** One file on its way through a store: null is where it was before it came, and where it is once it has gone. */
export interface FileMove {
  readonly from: StoreFileStatus | null
  readonly to: StoreFileStatus | null
  /** The batch it belongs to, if it came with one. */
  readonly batch_id: string | null
  /** What this adds to the store's `usage_bytes`. */
  readonly bytes: number
}

export const noFiles: FileCounts = { in_progress: 0, completed: 0, failed: 0, cancelled: 0, total: 0 }

/** The counts after these moves; `total` is always the sum of the others. */
export function countMoves(counts: FileCounts, moves: readonly FileMove[]): FileCounts {
  const after = { ...counts }
  for (const { from, to } of moves) {
    if (from !== null) after[from] -= 1
    if (to !== null) after[to] += 1
  }
  const { in_progress, completed, failed, cancelled } = after
  return { ...after, total: in_progress + completed + failed + cancelled }
}
