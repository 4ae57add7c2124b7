import type { RunStatus } from '../api/run.ts'

/** Which status may follow which. Terminal states have no successor. */
export const next = {
  queued: ['in_progress', 'cancelling', 'cancelled', 'failed', 'expired'],
  in_progress: ['requires_action', 'cancelling', 'completed', 'incomplete', 'failed', 'expired'],
  requires_action: ['queued', 'cancelling', 'cancelled', 'expired'],
  cancelling: ['cancelled', 'completed', 'incomplete', 'failed', 'expired'],
  completed: [],
  incomplete: [],
  failed: [],
  cancelled: [],
  expired: [],
} satisfies Record<RunStatus, readonly RunStatus[]>

/** The statuses that hold the thread: no second run, no new messages. */
export const activeStatuses = ['queued', 'in_progress', 'requires_action', 'cancelling'] as const

export function isActive(status: RunStatus): boolean {
  return (activeStatuses as readonly RunStatus[]).includes(status)
}

/** The statuses from which `to` can be reached in one step. */
export function before(to: RunStatus): RunStatus[] {
  return (Object.keys(next) as RunStatus[]).filter((from) => (next[from] as readonly RunStatus[]).includes(to))
}
