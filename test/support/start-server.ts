import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { readConfig } from '../../src/config.ts'
import type { Embedder } from '../../src/ports/embedder.ts'
import type { ModelProvider } from '../../src/ports/model.ts'
import { createServer, type Server } from '../../src/server.ts'

export interface TestServer extends AsyncDisposable {
  /** `http://127.0.0.1:<free port>/v1` */
  readonly baseURL: string
  readonly client: OpenAI
  readonly dataDir: string
  readonly server: Server
}

/** A server of its own for one test, on a free port, with its data in a folder that goes with it. */
export async function startServer({
  model,
  embedder,
  env = {},
}: {
  model?: ModelProvider
  embedder?: Embedder
  env?: Record<string, string>
} = {}): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'reprise-test-'))
  const config = readConfig({ REPRISE_PORT: '0', REPRISE_DATA_DIR: dataDir, REPRISE_LOG_LEVEL: 'fatal', ...env })
  const server = await createServer(config, { ...(model && { model }), ...(embedder && { embedder }) })
  await server.start()
  const baseURL = `${server.url}/v1`
  return {
    baseURL,
    client: new OpenAI({ baseURL, apiKey: 'test', maxRetries: 0 }),
    dataDir,
    server,
    async [Symbol.asyncDispose]() {
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
