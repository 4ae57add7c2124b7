import { sql } from 'kysely'
import { z } from 'zod'
import type { Bus } from '../../ports/cluster.ts'
import type { Connection } from './connection.ts'
import { queryCompiler } from './query.ts'

/** The one channel of the database over which all channels of the bus go. */
export const busChannel = 'reprise_bus'

const call = z.object({ channel: z.string(), payload: z.string() })

export interface NotificationBus extends Bus {
  /** Tells the listeners what came over the channel of the database. */
  hear(text: string): void
}

/** The bus on NOTIFY: a call is heard by those who listen when it is committed. */
export function notificationBus(single: Connection): NotificationBus {
  const notify = queryCompiler('postgres').query<{ text: string }, { sent: string }>(
    (param) => sql`select pg_notify(${sql.lit(busChannel)}, ${param('text')}) as sent`,
  )
  const listeners = new Map<string, Set<(payload: string) => void>>()

  return {
    async publish(channel, payload) {
      await single.all(notify, { text: JSON.stringify({ channel, payload }) })
    },
    listen(channel, listener) {
      const own = (payload: string) => listener(payload) // one listener may be added twice
      const among = listeners.get(channel) ?? new Set()
      listeners.set(channel, among.add(own))
      return () => among.delete(own)
    },
    hear(text) {
      const { channel, payload } = call.parse(JSON.parse(text))
      for (const listener of listeners.get(channel) ?? []) listener(payload)
    },
  }
}
