import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { compose, type Overrides } from './compose.ts'
import type { Config } from './config.ts'

export { type Config, readConfig } from './config.ts'
export type * from './ports/blobs.ts'
export type * from './ports/embedder.ts'
export type * from './ports/events.ts'
export type * from './ports/model.ts'
export type * from './ports/queue.ts'
export type * from './ports/store.ts'

export interface Server {
  /** `http://host:port`, without `/v1`. Before `start` the port may still be 0. */
  readonly url: string
  /** Who answers for models: `mapped` are the names and wildcards of the models file, `label` answers for the others. */
  readonly upstream: {
    readonly kind: string
    readonly label: string
    readonly url: string | null
    readonly mapped: readonly string[]
  }
  /** How file search finds passages: by keywords alone, or by an embedding model's vectors too. */
  readonly search: { readonly kind: 'keyword' | 'hybrid'; readonly label: string }
  /** Listens, and begins to work off what is queued. Rejects when the port is taken. */
  start(): Promise<void>
  /** Takes no new requests, lets runs finish for the configured grace, hands back the rest, and closes everything. */
  stop(): Promise<void>
}

/**
 * Opens everything that `config` names, without listening yet. Rejects when the data folder or the upstream's files
 * cannot be used. `overrides` put parts in the place of configured ones, for tests and for embedding.
 */
export async function createServer(config: Config, overrides: Overrides = {}): Promise<Server> {
  const parts = await compose(config, overrides)
  const http = createHttpServer(getRequestListener(parts.app.fetch, { overrideGlobalObjects: false }))
  // Runs may stay silent for minutes between events; streams have their own keep-alive.
  http.requestTimeout = 0
  let port = config.port

  async function start(): Promise<void> {
    port = await listen(http, config)
    parts.application.start()
  }

  async function stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => http.close(() => resolve()))
    http.closeIdleConnections()
    await parts.application.stop({ graceMs: config.graceSeconds * 1000 })
    http.closeAllConnections()
    if (http.listening) await closed
    await parts.close()
  }

  return {
    get url() {
      return `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`
    },
    upstream: parts.upstream,
    search: parts.search,
    start,
    stop,
  }
}

function listen(http: HttpServer, { host, port }: Config): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', reject)
    http.listen(port, host, () => {
      http.off('error', reject)
      resolve((http.address() as AddressInfo).port)
    })
  })
}
