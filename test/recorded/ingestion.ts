import { vi } from 'vitest'
import { FakeEmbedder } from '../support/fake-embedder.ts'
import { at, type Json, json, listAt, textAt } from '../support/json.ts'
import type { TestServer } from '../support/start-server.ts'
import type { Exchange, Recording } from './recordings.ts'
import { letterOf } from './requests.ts'

/** Holds the ingestion of each file where the recording saw it: every file waits at the embedder for its permission. */
export class Ingestion {
  readonly embedder: FakeEmbedder
  readonly #recording: Recording
  readonly #all = Promise.withResolvers<void>()
  readonly #permitted = new Map<string, PromiseWithResolvers<void>>()

  constructor(recording: Recording) {
    this.#recording = recording
    this.embedder = new FakeEmbedder({
      before: ({ kind, texts }) => {
        if (kind === 'query') return
        return Promise.race([this.#all.promise, this.#permission(texts[0]?.[0]).promise])
      },
    })
  }

  /** Brings the files that the exchange lists to where it saw them; a run finds every file completed. */
  async prepare(server: TestServer, { method, path: recorded, response }: Exchange, path: string): Promise<void> {
    if (/\/runs(\?|$)/.test(recorded)) await this.#finish(server)
    if (method !== 'GET' || textAt(listAt(response, 'data')[0], 'object') !== 'vector_store.file') return
    const completed = completedIn(response)
    for (const id of completed) this.#permission(letterOf(id, this.#recording)).resolve()
    await vi.waitFor(
      async () => {
        const reply = await fetch(new URL(path, server.baseURL))
        const count = completedIn(json.parse(await reply.json())).length
        if (count < completed.length) throw new Error(`${path} is not there yet`)
      },
      { interval: 10, timeout: 10_000 },
    )
  }

  async #finish({ client }: TestServer): Promise<void> {
    this.release()
    await vi.waitFor(
      async () => {
        for await (const { id, file_counts } of client.vectorStores.list()) {
          if (file_counts.in_progress > 0) throw new Error(`${id} is not ready yet`)
        }
      },
      { interval: 10, timeout: 10_000 },
    )
  }

  /** Holds nothing any more. */
  release(): void {
    this.#all.resolve()
  }

  #permission(letter = ''): PromiseWithResolvers<void> {
    const permission = this.#permitted.get(letter) ?? Promise.withResolvers<void>()
    this.#permitted.set(letter, permission)
    return permission
  }
}

function completedIn(list: Json): string[] {
  const files = listAt(list, 'data').filter((each) => at(each, 'status') === 'completed')
  return files.map((each) => textAt(each, 'id'))
}
