import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import OpenAI from 'openai'
import { freePort } from '../crash/free-port.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { type PacedUpstream, startPacedUpstream } from './paced-upstream.ts'

const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))

/** Many of them start at once, and may find the machine at work. */
const startMs = 50_000

/** One of several processes on one database. */
export interface ClusterNode {
  /** `http://127.0.0.1:port` */
  readonly url: string
  readonly client: OpenAI
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>
}

export interface Cluster extends AsyncDisposable {
  readonly nodes: readonly ClusterNode[]
  readonly upstream: PacedUpstream
  readonly postgres: PostgresServer
  readonly databaseUrl: string
  /** Starts one more. It is not among `nodes`, and ends with them. */
  add(environment: Record<string, string>): Promise<ClusterNode>
}

/** Starts a process for each environment, all on one new Postgres database and one model. */
export async function startCluster(environments: readonly Record<string, string>[]): Promise<Cluster> {
  await using starting = new AsyncDisposableStack()
  const folder = starting.use(await mkdtempDisposable(join(tmpdir(), 'reprise-cluster-')))
  const postgres = starting.use(await startPostgres())
  const databaseUrl = await postgres.createEmpty() // so that the nodes agree on who migrates it
  const upstream = starting.use(await startPacedUpstream())
  const common = {
    REPRISE_DATABASE_URL: databaseUrl,
    REPRISE_UPSTREAM_URL: upstream.url,
    REPRISE_DATA_DIR: folder.path,
  }
  const all: ClusterNode[] = []
  starting.defer(() => end(all))
  async function add(environment: Record<string, string>): Promise<ClusterNode> {
    const node = await startNode({ ...common, ...environment })
    all.push(node)
    return node
  }
  const nodes = await Promise.all(environments.map(add))
  const started = starting.move()
  return { nodes, upstream, postgres, databaseUrl, add, [Symbol.asyncDispose]: () => started.disposeAsync() }
}

async function startNode(given: Record<string, string>): Promise<ClusterNode> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const quiet = { REPRISE_LOG_LEVEL: 'fatal', REPRISE_SANDBOX: 'off', REPRISE_GRACE_SECONDS: '1' }
  const child = spawn(process.execPath, [main, 'serve'], {
    env: { PATH: process.env.PATH, REPRISE_PORT: String(port), ...quiet, ...given },
    stdio: ['ignore', 'ignore', process.env.CLUSTER_LOG ? 'inherit' : 'pipe'],
  })
  process.once('exit', () => child.kill('SIGKILL')) // also when a test did not come to its end
  let printed = ''
  child.stderr?.on('data', (chunk) => (printed += chunk))
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const failed = ended.then((code) => Promise.reject(new Error(`the node ended with ${code}:\n${printed}`)))
  const ready = until(async () => (await fetch(`${url}/health`).catch(() => undefined))?.ok === true, startMs)
  await Promise.race([ready, failed])
  failed.catch(() => {}) // from now on it may end
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'test', maxRetries: 0, timeout: 60_000 })
  return { url, client, signal: (name) => void child.kill(name), ended }
}

async function end(nodes: readonly ClusterNode[]): Promise<void> {
  for (const node of nodes) node.signal('SIGKILL')
  await Promise.all(nodes.map(({ ended }) => ended))
}

/** Resolves when `condition` holds. Rejects when it does not within that time. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const patience = performance.now() + withinMs
  while (!(await condition())) {
    if (performance.now() > patience) throw new Error('what was waited for did not come')
    await pause(20)
  }
}
