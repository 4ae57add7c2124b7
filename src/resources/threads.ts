import { notFound } from '../api/error.ts'
import { fromText, type JsonText, toText } from '../api/json.ts'
import type { CreateThreadRequest, ModifyThreadRequest, Thread } from '../api/thread.ts'
import type { Now } from '../lib/clock.ts'
import type { NewId } from '../lib/id.ts'
import type { Store } from '../ports/store.ts'
import { mergeMetadata } from './metadata.ts'
import { insertThread } from './new-thread.ts'
import { mergeToolResources } from './tool-resources.ts'

/** A thread that is gone, and the run that was active on it. */
export interface RemovedThread {
  readonly thread_id: string
  readonly run_id: string | undefined
}

/**
 * The rules of `/threads`. `onRemoved` is told, after the commit, of a thread that was deleted and of the run that was
 * not over, so that whatever is under way for them can stop.
 */
export function createThreads({
  store,
  newId,
  now,
  onRemoved,
}: {
  store: Pick<Store, 'read' | 'transaction'>
  newId: NewId
  now: Now
  onRemoved: (project: string, removed: RemovedThread) => void
}) {
  async function create(project: string, request: CreateThreadRequest): Promise<JsonText<Thread>> {
    const { body } = await store.transaction(project, (tx) => insertThread(tx, request, { newId, now, at: '' }))
    return body
  }

  async function get(project: string, id: string): Promise<JsonText<Thread>> {
    const row = await store.read(project).threads.get(id)
    if (!row) throw notFound('thread', id)
    return row.body
  }

  async function modify(
    project: string,
    id: string,
    { tool_resources, metadata }: ModifyThreadRequest,
  ): Promise<JsonText<Thread>> {
    return store.transaction(project, async (tx) => {
      const row = await tx.threads.lock(id)
      if (!row) throw notFound('thread', id)
      const current = fromText(row.body)
      const body = toText({
        ...current,
        metadata: mergeMetadata(current.metadata, metadata),
        tool_resources: await mergeToolResources(tx, current.tool_resources, tool_resources),
      })
      await tx.threads.update(id, { body })
      return body
    })
  }

  async function remove(project: string, id: string): Promise<string> {
    const run = await store.transaction(project, async (tx) => {
      if (!(await tx.threads.lock(id))) throw notFound('thread', id)
      const active = await tx.runs.activeOn(id)
      await tx.threads.remove(id)
      return active
    })
    onRemoved(project, { thread_id: id, run_id: run?.id })
    return toText({ id, object: 'thread.deleted', deleted: true })
  }

  return { create, get, modify, remove }
}
