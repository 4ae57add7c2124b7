import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { readConfig } from '../../src/config.ts'
import type { Embedder } from '../../src/ports/embedder.ts'
import type { ModelProvider } from '../../src/ports/model.ts'
import type { Sandbox } from '../../src/ports/sandbox.ts'
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
  sandbox,
  env = {},
}: {
  model?: ModelProvider
  embedder?: Embedder
  sandbox?: Sandbox
  env?: Record<string, string>
} = {}): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'reprise-test-'))
  const quiet = { REPRISE_PORT: '0', REPRISE_LOG_LEVEL: 'fatal', REPRISE_SANDBOX: 'off' }
  const config = readConfig({ ...quiet, REPRISE_DATA_DIR: dataDir, ...env })
  const server = await createServer(config, {
    ...(model && { model }),
    ...(embedder && { embedder }),
    ...(sandbox && { sandbox }),
  })
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
