import pg from 'pg'
import type { Log } from '../../lib/log.ts'
import { type Sender, types } from './postgres-connection.ts'
import { translated } from './postgres-errors.ts'

/** A statement that takes longer is given up by the server; a little later we stop waiting for the server. */
const statementMs = 15_000
const answerMs = 20_000
/** A transaction waits for nothing but its statements. Who is silent in one for so long was stopped or cut off. */
const silentMs = 10_000
const connectMs = 10_000
const checkMs = 5000
/** So many stay open when nothing happens, so that the first request need not wait for one. */
const keptConnections = 4

/** A connection that belongs to one transaction until it is released. */
export interface Lent extends Sender {
  /** `broken` when it cannot be used any more. */
  release(broken: boolean): void
}

export interface PostgresPool extends Sender {
  lend(): Promise<Lent>
  /** Whether a backend of this process number serves one of these connections. */
  isOwn(processId: number): boolean
  /** Rejects when the database does not answer soon. */
  check(): Promise<void>
  /** Waits for what was begun, and refuses whatever comes later. */
  close(): Promise<void>
}

/** What connections of any purpose have in common. */
export function connectionConfig(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'reprise',
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types,
  }
}

export function openPool({ url, size, log }: { url: string; size: number; log: Log | undefined }): PostgresPool {
  const pool = new pg.Pool({
    ...connectionConfig(url),
    max: size,
    min: Math.min(keptConnections, size),
    pipeline: true, // what nobody waits for goes along with the next statement
    statement_timeout: statementMs,
    query_timeout: answerMs,
    idle_in_transaction_session_timeout: silentMs,
    idleTimeoutMillis: 60_000,
  })
  const own = new Set<number>()
  pool.on('connect', (client) => {
    own.add(processIdOf(client))
    client.on('error', () => {}) // one that comes while it changes hands meets no other listener; its next query tells of it
  })
  pool.on('remove', (client) => own.delete(processIdOf(client)))
  pool.on('error', (error) => log?.warn({ err: error }, 'a database connection was lost'))
  const begun = new Set<Promise<unknown>>()
  let closed = false

  function use<Result>(work: () => Promise<Result>): Promise<Result> {
    if (closed) return Promise.reject(new Error('the store is closed'))
    const using = work().catch((error) => {
      throw translated(error)
    })
    begun.add(using)
    const over = () => begun.delete(using)
    using.then(over, over)
    return using
  }

  async function lend(): Promise<Lent> {
    const { promise: returned, resolve } = Promise.withResolvers<void>()
    const client = await use(() => pool.connect())
    void use(() => returned)
    const onError = (error: Error) => log?.warn({ err: error }, 'a database connection was lost in a transaction')
    client.on('error', onError)
    return {
      query: (config) => client.query(config),
      release(broken) {
        client.off('error', onError)
        client.release(broken)
        resolve()
      },
    }
  }

  async function close(): Promise<void> {
    closed = true
    while (begun.size > 0) await Promise.allSettled(begun)
    await pool.end()
  }
  return {
    query: (config) => use(() => pool.query(config)),
    lend,
    isOwn: (processId) => own.has(processId),
    async check() {
      const alive = { text: 'select 1', query_timeout: checkMs }
      await use(() => pool.query(alive))
    },
    close,
  }
}

function processIdOf(client: pg.PoolClient): number {
  return 'processID' in client && typeof client.processID === 'number' ? client.processID : 0
}
