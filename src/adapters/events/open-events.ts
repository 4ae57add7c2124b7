import { randomBytes } from 'node:crypto'
import type { Log } from '../../lib/log.ts'
import type { Cluster } from '../../ports/cluster.ts'
import type { LentLogs, RunEvents } from '../../ports/events.ts'
import { createInProcessEvents } from './in-process.ts'
import { createPeerEvents } from './peer-events.ts'
import { createPeerReader } from './peer-reader.ts'

export interface OpenedEvents {
  readonly events: RunEvents
  /** What other nodes may read here, and what they show to do so; null where there are none. */
  readonly internal: { readonly logs: LentLogs; readonly secret: string } | null
  close(): Promise<void>
}

interface Place {
  /** Undefined: this process is alone. */
  readonly cluster: Cluster | undefined
  /** The id of this node. */
  readonly self: string
  readonly log: Log
}

/** Run events for one process, or for one of several nodes. Rejects when the nodes' secret cannot be had. */
export async function openEvents({ cluster, self, log }: Place): Promise<OpenedEvents> {
  const local = createInProcessEvents()
  if (!cluster) return { events: local, internal: null, async close() {} }
  const secret = await cluster.nodes.secret(randomBytes(32).toString('base64url'))
  const reader = createPeerReader({ secret })
  const events = createPeerEvents({ local, self, cluster, reader, log })
  return { events, internal: { logs: events, secret }, close: () => reader.close() }
}
