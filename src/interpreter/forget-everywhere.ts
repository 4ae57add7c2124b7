import { z } from 'zod'
import type { Log } from '../lib/log.ts'
import type { Bus } from '../ports/cluster.ts'
import type { Interpreters } from './interpreters.ts'

const channel = 'python_forgotten'
const forgotten = z.object({ project: z.string(), thread_id: z.string() })

export interface ForgetEverywhere {
  /** Ends the session of a thread that is no more, whichever node has it. Never rejects. */
  forget(project: string, thread_id: string): Promise<void>
  close(): void
}

/** Without a bus there is no other node; without interpreters no session is on this one. */
export function createForgetEverywhere({ interpreters, bus, log }: Parts): ForgetEverywhere {
  const stopListening = bus?.listen(channel, (payload) => {
    const { project, thread_id } = forgotten.parse(JSON.parse(payload))
    void interpreters?.forget(project, thread_id)
  })

  async function forget(project: string, thread_id: string): Promise<void> {
    if (!bus) return interpreters?.forget(project, thread_id)
    try {
      await bus.publish(channel, JSON.stringify({ project, thread_id })) // which this node hears, too
    } catch (error) {
      log.warn({ err: error, thread_id }, 'the session of a deleted thread goes on until it has rested long enough')
    }
  }

  return { forget, close: () => stopListening?.() }
}

interface Parts {
  interpreters: Pick<Interpreters, 'forget'> | undefined
  bus: Bus | undefined
  log: Log
}
