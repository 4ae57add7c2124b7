import { notFound } from '../api/error.ts'
import { fromText, type JsonText, toText } from '../api/json.ts'
import type { ListQuery } from '../api/list.ts'
import type { CreateVectorStoreRequest, ModifyVectorStoreRequest, VectorStore } from '../api/vector-store.ts'
import type { Now } from '../lib/clock.ts'
import type { NewId } from '../lib/id.ts'
import type { Store } from '../ports/store.ts'
import { noteUse, requireStore, updateStore, usedAt } from './change-store.ts'
import { sendList } from './list-envelope.ts'
import { mergeMetadata } from './metadata.ts'
import { insertVectorStore } from './new-vector-store.ts'

/** The rules of `/vector_stores`. */
export function createVectorStores({
  store,
  newId,
  now,
}: {
  store: Pick<Store, 'read' | 'transaction'>
  newId: NewId
  now: Now
}) {
  async function create(project: string, request: CreateVectorStoreRequest): Promise<JsonText<VectorStore>> {
    return toText(await store.transaction(project, (tx) => insertVectorStore(tx, request, { newId, now })))
  }

  async function list(project: string, query: ListQuery): Promise<string> {
    return sendList(store.read(project).vectorStores.list({}, query))
  }

  async function get(project: string, id: string): Promise<JsonText<VectorStore>> {
    const row = await store.read(project).vectorStores.get(id)
    if (!row) throw notFound('vector store', id)
    return row.body
  }

  /** Counts as use: a new policy begins now, and never ends a store at once. */
  async function modify(
    project: string,
    id: string,
    { name, expires_after, metadata }: ModifyVectorStoreRequest,
  ): Promise<JsonText<VectorStore>> {
    return store.transaction(project, async (tx) => {
      const current = await requireStore(tx, id)
      const changed: VectorStore = {
        ...current,
        name: name === undefined ? current.name : (name ?? ''),
        expires_after: expires_after === undefined ? current.expires_after : expires_after,
        metadata: mergeMetadata(current.metadata, metadata),
      }
      const after = usedAt(changed, now())
      await updateStore(tx, after)
      return toText(after)
    })
  }

  async function remove(project: string, id: string): Promise<string> {
    const removed = await store.transaction(project, (tx) => tx.vectorStores.remove(id))
    if (!removed) throw notFound('vector store', id)
    return toText({ id, object: 'vector_store.deleted', deleted: true })
  }

  /** Ends the store if its time is over; answers whether it did. Its files stay listed, but nothing finds them. */
  async function expire(project: string, id: string): Promise<boolean> {
    return store.transaction(project, async (tx) => {
      const row = await tx.vectorStores.get(id)
      if (!row || row.expires_at === null || row.expires_at > now()) return false
      await updateStore(tx, { ...fromText(row.body), status: 'expired' })
      await tx.segments.removeAll(id)
      return true
    })
  }

  /** Notes that the store is in use now, unless that was noted within the last `secondsApart`. */
  async function touch(project: string, id: string, { secondsApart }: { secondsApart: number }): Promise<void> {
    const row = await store.read(project).vectorStores.get(id)
    if (!row || now() - (fromText(row.body).last_active_at ?? 0) < secondsApart) return
    await store.transaction(project, (tx) => noteUse(tx, [id], now()))
  }

  return { create, list, get, modify, remove, expire, touch }
}
