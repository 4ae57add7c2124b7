import { compose, type Overrides } from './compose.ts'
import type { Config } from './config.ts'

export { type Config, readConfig } from './config.ts'
export type * from './ports/blobs.ts'
export type * from './ports/cluster.ts'
export type * from './ports/embedder.ts'
export type * from './ports/events.ts'
export type * from './ports/model.ts'
export type * from './ports/queue.ts'
export type * from './ports/sandbox.ts'
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
  /** Where the code interpreter runs, or why it does not. */
  readonly code: { readonly label: string }
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
  const { http, ...parts } = await compose(config, overrides)
  let port = config.port

  function url(): string {
    return `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`
  }

  async function start(): Promise<void> {
    port = await http.listen(config)
    await parts.join(url())
    parts.application.start()
  }

  async function stop(): Promise<void> {
    http.close()
    await parts.application.stop({ graceMs: config.graceSeconds * 1000 })
    await http.drained()
    await parts.application.leave()
    await parts.close()
  }

  return {
    get url() {
      return url()
    },
    upstream: parts.upstream,
    search: parts.search,
    code: parts.code,
    start,
    stop,
  }
}
