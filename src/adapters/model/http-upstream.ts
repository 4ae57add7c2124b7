import type { Log } from '../../lib/log.ts'
import { createChatCompletions } from './chat-completions.ts'
import type { ChatDialect } from './chat-messages.ts'
import type { Connection } from './connection.ts'
import { fetchModels } from './model-list.ts'
import { forwardOver } from './pass-through.ts'
import type { RetryPolicy } from './retry.ts'
import type { Upstream } from './upstream.ts'

/** An OpenAI-compatible API behind a connection. */
export function createHttpUpstream(
  connection: Connection,
  options: { dialect: ChatDialect; retry: RetryPolicy; log: Log; now: () => number },
): Upstream {
  return {
    label: connection.host,
    stream: createChatCompletions({ ...options, connection }),
    list: async ({ signal }) => (await fetchModels(connection, { signal })).models,
    forward: forwardOver(connection),
    close: () => connection.close(),
  }
}
