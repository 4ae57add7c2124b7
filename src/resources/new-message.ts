import { notFound } from '../api/error.ts'
import { fromText, toText } from '../api/json.ts'
import type { CreateMessageRequest, Message } from '../api/message.ts'
import type { Now } from '../lib/clock.ts'
import type { NewId } from '../lib/id.ts'
import type { MessageRow, Transaction } from '../ports/store.ts'
import { addCodeFiles, checkAttachments, codeFiles } from './attachments.ts'
import { checkImages } from './check-images.ts'
import { shownContent } from './message-content.ts'
import { addSearchFiles, searchFiles } from './thread-store.ts'

/**
 * Where new messages have their identity and their time from. `at` is what comes before the names of their fields in
 * the request, for errors.
 */
export interface MakeMessages {
  readonly newId: NewId
  readonly now: Now
  readonly at: string
}

/** Adds messages, in this order, to a thread that the caller has locked. For the rest see `insertMessage`. */
export async function insertMessages(
  tx: Transaction,
  thread_id: string,
  requests: readonly CreateMessageRequest[],
  make: MakeMessages,
): Promise<void> {
  for (const [index, request] of requests.entries()) {
    await insertMessage(tx, thread_id, request, { ...make, at: `${make.at}[${index}].` })
  }
}

/**
 * Adds a message to a thread that the caller has locked, and its attachments to the thread's tool resources. Rejects
 * with `ApiError` when it names a file that does not exist or cannot be used so; whether a run is active is for the
 * caller to ask.
 */
export async function insertMessage(
  tx: Transaction,
  thread_id: string,
  request: CreateMessageRequest,
  make: MakeMessages,
): Promise<MessageRow> {
  await checkMessage(tx, request, make.at)
  await attach(tx, thread_id, request, make)
  return writeMessage(tx, thread_id, request, make)
}

/** Rejects with `ApiError` when the message cannot be accepted. */
export async function checkMessage(
  tx: Pick<Transaction, 'files'>,
  { content, attachments }: CreateMessageRequest,
  at: string,
): Promise<void> {
  await checkImages(tx, content, `${at}content`)
  await checkAttachments(tx, attachments ?? [], `${at}attachments`)
}

/** Writes a message that was checked before. */
export async function writeMessage(
  tx: Pick<Transaction, 'messages'>,
  thread_id: string,
  request: CreateMessageRequest,
  { newId, now }: Pick<MakeMessages, 'newId' | 'now'>,
): Promise<MessageRow> {
  const message = newMessage(request, { id: newId('message'), thread_id, created_at: now() })
  const row = { id: message.id, thread_id, run_id: null, citations: null, body: toText(message) }
  await tx.messages.insert(row)
  return row
}

async function attach(
  tx: Transaction,
  thread_id: string,
  request: CreateMessageRequest,
  make: MakeMessages,
): Promise<void> {
  const [forCode, forSearch] = [codeFiles(request), searchFiles(request)]
  if (forCode.length + forSearch.length === 0) return
  const row = await tx.threads.get(thread_id)
  if (!row) throw notFound('thread', thread_id)
  const thread = fromText(row.body)
  const resources = addCodeFiles(thread.tool_resources, forCode)
  const tool_resources = await addSearchFiles(tx, resources, forSearch, make)
  await tx.threads.update(thread_id, { body: toText({ ...thread, tool_resources }) })
}

/** A message that somebody wrote, in either role, and no run did. */
function newMessage(
  { role, content, attachments, metadata }: CreateMessageRequest,
  { id, thread_id, created_at }: Pick<Message, 'id' | 'thread_id' | 'created_at'>,
): Message {
  return {
    id,
    object: 'thread.message',
    created_at,
    assistant_id: null,
    thread_id,
    run_id: null,
    status: 'completed',
    incomplete_details: null,
    incomplete_at: null,
    completed_at: created_at,
    role,
    content: shownContent(content),
    attachments: attachments ?? [],
    metadata: metadata ?? {},
  }
}
