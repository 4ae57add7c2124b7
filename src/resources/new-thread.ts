import { type JsonText, toText } from '../api/json.ts'
import type { CreateThreadRequest, Thread } from '../api/thread.ts'
import type { Transaction } from '../ports/store.ts'
import { addCodeFiles, codeFiles } from './attachments.ts'
import { makeHelperStore, threadStorePolicy } from './helper-store.ts'
import { checkMessage, type MakeMessages, writeMessage } from './new-message.ts'
import { addSearchFiles, searchFiles } from './thread-store.ts'
import { mergeToolResources } from './tool-resources.ts'

/**
 * Makes a thread with its first messages; answers it as an object and as it is stored. Rejects with `ApiError` when a
 * message or the tool resources cannot be accepted.
 */
export async function insertThread(
  tx: Transaction,
  { messages = [], tool_resources, metadata }: CreateThreadRequest,
  make: MakeMessages,
): Promise<{ thread: Thread; body: JsonText<Thread> }> {
  const given = await makeHelperStore(tx, tool_resources, { ...make, expires_after: threadStorePolicy })
  const resources = addCodeFiles(await mergeToolResources(tx, {}, given), messages.flatMap(codeFiles))
  for (const [index, message] of messages.entries()) await checkMessage(tx, message, `${make.at}messages[${index}].`)
  const thread: Thread = {
    id: make.newId('thread'),
    object: 'thread',
    created_at: make.now(),
    metadata: metadata ?? {},
    tool_resources: await addSearchFiles(tx, resources, [...new Set(messages.flatMap(searchFiles))], make),
  }
  const body = toText(thread)
  await tx.threads.insert({ id: thread.id, body })
  for (const message of messages) await writeMessage(tx, thread.id, message, make)
  return { thread, body }
}
