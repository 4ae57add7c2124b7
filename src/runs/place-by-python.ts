import type { HandOver, KeptPlace } from '../jobs/hand-over.ts'
import type { Store } from '../ports/store.ts'

/**
 * A place at the node where the thread's Python lives; undefined when that is this node or none, or cannot take work.
 * Whether the session is still there only that node knows, and elsewhere nothing of it would be there in any case.
 */
export type PlaceByPython = (project: string, thread_id: string) => Promise<KeptPlace | undefined>

export function createPlaceByPython({
  store,
  handOver,
}: {
  store: Pick<Store, 'read'>
  handOver: Pick<HandOver, 'placeAt'>
}): PlaceByPython {
  return async function placeByPython(project, thread_id) {
    const row = await store.read(project).interpreters.get(thread_id)
    return row && row.node !== null ? handOver.placeAt(row.node) : undefined
  }
}
