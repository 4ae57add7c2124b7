import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { readConfig } from '../../src/config.ts'
import type { Embedder } from '../../src/ports/embedder.ts'
import type { ModelProvider } from '../../src/ports/model.ts'
import type { Sandbox } from '../../src/ports/sandbox.ts'
import { createServer, type Server } from '../../src/server.ts'
import { serveElsewhere } from './serve-elsewhere.ts'

export interface TestServer extends AsyncDisposable {
  /** `http://127.0.0.1:<free port>/v1` */
  readonly baseURL: string
  readonly client: OpenAI
  readonly dataDir: string
  readonly server: Server
}

/** What a test may put in the place of configured parts. */
interface Parts {
  model?: ModelProvider
  embedder?: Embedder
  sandbox?: Sandbox
}

/**
 * A server of its own for one test, on a free port, with its data in a folder that goes with it. It runs in this process,
 * unless `TEST_SERVER_RUNTIME` names the program of another runtime: then in a process of that one.
 */
export async function startServer({
  env = {},
  ...parts
}: Parts & { env?: Record<string, string> } = {}): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'reprise-test-'))
  const quiet = { REPRISE_PORT: '0', REPRISE_LOG_LEVEL: 'fatal', REPRISE_SANDBOX: 'off' }
  const server = await serve({ ...quiet, REPRISE_DATA_DIR: dataDir, ...env }, parts)
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

async function serve(env: Record<string, string>, { sandbox, ...parts }: Parts): Promise<Server> {
  const runtime = process.env.TEST_SERVER_RUNTIME
  if (runtime) {
    if (sandbox) throw new Error('a sandbox of a test cannot be lent to a server in another process')
    return serveElsewhere(runtime, env, parts)
  }
  const server = await createServer(readConfig(env), { ...parts, ...(sandbox && { sandbox }) })
  await server.start()
  return server
}
