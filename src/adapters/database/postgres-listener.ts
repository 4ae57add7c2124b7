import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Log } from '../../lib/log.ts'
import { connectionConfig } from './postgres-pool.ts'

const firstRestMs = 100
const longestRestMs = 5000
/** A connection may be dead without either side being told: it is asked so often, and has so long to answer. */
const pulseMs = 5000
const answerMs = 3000

/** What came over a channel, and which server process serves the connection that sent it. */
export interface Notification {
  readonly payload: string
  readonly processId: number
}

/**
 * Hears what is told on channels of the database, on a connection of its own, which is made again when it is lost. What was
 * told meanwhile is lost too, so `onReturn` is called once it is back.
 */
export async function listenToPostgres({ url, channels, onReturn, log }: ListenerParts): Promise<PostgresListener> {
  const closing = new AbortController()
  let client = await connect()
  let following = follow(client)

  async function connect(): Promise<pg.Client> {
    const fresh = new pg.Client(connectionConfig(url))
    fresh.on('error', (error) => {
      if (!closing.signal.aborted) log?.warn({ err: error }, 'the connection that listens to the database was lost')
    })
    fresh.on('notification', ({ channel, payload = '', processId }) => {
      try {
        channels[channel]?.({ payload, processId })
      } catch (error) {
        log?.warn({ err: error, channel }, 'a notification of the database could not be understood')
      }
    })
    await fresh.connect()
    await fresh.query(
      Object.keys(channels)
        .map((name) => `listen ${pg.escapeIdentifier(name)}`)
        .join(';'),
    )
    return fresh
  }

  async function follow(listening: pg.Client): Promise<void> {
    const ended = new Promise<void>((resolve) => listening.once('end', resolve))
    const pulse = setInterval(() => void requirePulse(listening), pulseMs).unref()
    await ended
    clearInterval(pulse)
    for (let restMs = firstRestMs; !closing.signal.aborted; restMs = Math.min(restMs * 2, longestRestMs)) {
      const fresh = await connectAfter(restMs)
      if (!fresh) continue
      client = fresh
      following = follow(fresh)
      onReturn()
      return
    }
  }

  async function requirePulse(listening: pg.Client): Promise<void> {
    const alive = { text: 'select 1', query_timeout: answerMs }
    try {
      await listening.query(alive)
    } catch (error) {
      if (!closing.signal.aborted) log?.debug({ err: error }, 'the connection that listens to the database is dead')
      await listening.end()
    }
  }

  async function connectAfter(restMs: number): Promise<pg.Client | undefined> {
    try {
      await sleep(restMs, undefined, { signal: closing.signal })
      const fresh = await connect()
      if (closing.signal.aborted) await fresh.end()
      return fresh
    } catch (error) {
      if (!closing.signal.aborted) log?.debug({ err: error }, 'listening to the database is tried again')
      return undefined
    }
  }

  async function close(): Promise<void> {
    closing.abort()
    await client.end()
    await following
  }
  return { close }
}

export interface PostgresListener {
  close(): Promise<void>
}

interface ListenerParts {
  url: string
  channels: { readonly [channel: string]: (notification: Notification) => void }
  onReturn: () => void
  log: Log | undefined
}
