import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { asProgram, endedEarly, type Program, spawnNode } from './program.ts'

export interface RepriseOptions {
  /** The file to start, from the root of the repository. */
  entry: string
  dataFolder: string
  upstream?: Program | undefined
  /** More of its environment. */
  environment?: Readonly<Record<string, string>>
}

const root = fileURLToPath(new URL('..', import.meta.url))

/** Starts the server under test and waits until it says that it is well. */
export async function startReprise({
  entry,
  dataFolder,
  upstream,
  environment: more,
}: RepriseOptions): Promise<Program> {
  const port = await freePort()
  const environment = {
    PATH: process.env.PATH,
    REPRISE_PORT: String(port),
    REPRISE_DATA_DIR: dataFolder,
    REPRISE_UPSTREAM_URL: `${upstream?.origin ?? 'http://127.0.0.1:9'}/v1`,
    REPRISE_UPSTREAM_KEY: 'bench',
    REPRISE_LOG_LEVEL: 'error',
    ...more,
  }
  const child = spawnNode([entry, 'serve'], { cwd: root, env: environment, stdio: ['ignore', 'ignore', 'inherit'] })
  const program = asProgram('reprise', child, `http://127.0.0.1:${port}`)
  await Promise.race([healthy(program.origin), endedEarly(child, 'reprise')])
  return program
}

/** Resolves with the first good answer. */
async function healthy(origin: string): Promise<void> {
  const deadline = performance.now() + 20_000
  while (performance.now() < deadline) {
    const reply = await fetch(`${origin}/health`).catch(() => null)
    await reply?.arrayBuffer()
    if (reply?.ok) return
    await sleep(5)
  }
  throw new Error(`${origin}/health did not answer in time`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
