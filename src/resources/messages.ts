import { badRequest, notFound } from '../api/error.ts'
import { fromText, type JsonText, toText } from '../api/json.ts'
import type { ListQuery } from '../api/list.ts'
import type { CreateMessageRequest, Message, ModifyMessageRequest } from '../api/message.ts'
import type { Now } from '../lib/clock.ts'
import type { NewId } from '../lib/id.ts'
import type { Reader, Store, Transaction } from '../ports/store.ts'
import { sendList } from './list-envelope.ts'
import { mergeMetadata } from './metadata.ts'
import { insertMessage } from './new-message.ts'

/** The rules of `/threads/{thread_id}/messages`. */
export function createMessages({
  store,
  newId,
  now,
}: {
  store: Pick<Store, 'read' | 'transaction'>
  newId: NewId
  now: Now
}) {
  /** Refused while a run is active on the thread, in whichever role; the check and the insert are one transaction. */
  async function create(project: string, thread_id: string, request: CreateMessageRequest): Promise<JsonText<Message>> {
    return store.transaction(project, async (tx) => {
      if (!(await tx.threads.lock(thread_id))) throw notFound('thread', thread_id)
      const run = await tx.runs.activeOn(thread_id)
      if (run) throw badRequest(`Can't add messages to ${thread_id} while a run ${run.id} is active.`)
      const { body } = await insertMessage(tx, thread_id, request, { newId, now, at: '' })
      return body
    })
  }

  async function list(
    project: string,
    thread_id: string,
    { run_id, ...page }: ListQuery & { run_id?: string | undefined },
  ): Promise<string> {
    const reader = store.read(project)
    return sendList(reader.messages.list({ thread_id, run_id }, page), () => requireThread(reader, thread_id))
  }

  async function get(project: string, thread_id: string, id: string): Promise<JsonText<Message>> {
    const { body } = await requireMessage(store.read(project), thread_id, id)
    return body
  }

  async function modify(
    project: string,
    thread_id: string,
    id: string,
    { metadata }: ModifyMessageRequest,
  ): Promise<JsonText<Message>> {
    return store.transaction(project, async (tx) => {
      const current = fromText((await requireMessage(tx, thread_id, id)).body)
      const body = toText({ ...current, metadata: mergeMetadata(current.metadata, metadata) })
      await tx.messages.update(id, { body })
      return body
    })
  }

  async function remove(project: string, thread_id: string, id: string): Promise<string> {
    await store.transaction(project, async (tx) => {
      await requireMessage(tx, thread_id, id)
      await tx.messages.remove(id)
    })
    return toText({ id, object: 'thread.message.deleted', deleted: true })
  }

  /** What the annotations of a message point at; an extension of ours. */
  async function citations(project: string, thread_id: string, id: string): Promise<string> {
    const row = await requireMessage(store.read(project), thread_id, id)
    return `{"object":"list","data":${row.citations ?? '[]'}}`
  }

  return { citations, create, list, get, modify, remove }
}

async function requireMessage(from: Pick<Reader | Transaction, 'messages' | 'threads'>, thread_id: string, id: string) {
  const row = await from.messages.get(id)
  if (row?.thread_id === thread_id) return row
  await requireThread(from, thread_id)
  throw notFound('message', id)
}

async function requireThread(from: Pick<Reader | Transaction, 'threads'>, thread_id: string): Promise<void> {
  if (!(await from.threads.get(thread_id))) throw notFound('thread', thread_id)
}
