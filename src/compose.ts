import { availableParallelism, hostname } from 'node:os'
import { pino } from 'pino'
import { openBlobs } from './adapters/blobs/open-blobs.ts'
import { openStore } from './adapters/database/open-store.ts'
import { describeSearch } from './adapters/embedding/describe-search.ts'
import { openEmbedder } from './adapters/embedding/open-embedder.ts'
import { openEvents } from './adapters/events/open-events.ts'
import { createExtractor } from './adapters/extraction/create-extractor.ts'
import type { Discovered } from './adapters/model/discover.ts'
import { openModels } from './adapters/model/open-models.ts'
import { openSandbox } from './adapters/sandbox/open-sandbox.ts'
import { createSearchIndex } from './adapters/search/search-index.ts'
import { type CodePlace, createApplication } from './application.ts'
import { type Config, isPostgres, type SandboxConfig } from './config.ts'
import { createApp } from './http/app.ts'
import { createHttpServer } from './http/http-server.ts'
import { createListener } from './http/listener.ts'
import { newId } from './lib/id.ts'
import type { Log } from './lib/log.ts'
import type { Embedder } from './ports/embedder.ts'
import type { ModelProvider, PassThrough } from './ports/model.ts'
import type { Sandbox } from './ports/sandbox.ts'
import type { Store } from './ports/store.ts'

/** What search keeps in memory of the stores that are searched. */
const searchMemoryBytes = 512 * 1024 ** 2

/** Parts to use in the place of configured ones. */
export interface Overrides {
  model?: ModelProvider & Partial<PassThrough>
  embedder?: Embedder
  sandbox?: Sandbox
  log?: Log
}

/** Builds the adapters, hands them to the application and puts HTTP on top: the only place that names both sides. */
export async function compose(config: Config, overrides: Overrides) {
  await using opening = new AsyncDisposableStack()
  // Synchronous and to stderr: stdout is for people, and the last line before a crash is the one that matters.
  const log = overrides.log ?? pino({ level: config.logLevel }, pino.destination({ fd: 2, sync: true }))
  const placing = runsHere(config) ? placeCode(config.sandbox, log, overrides.sandbox) : codeElsewhere()
  opening.defer(async () => (await placing).close())
  const store = await openStore({ url: config.databaseUrl, log })
  opening.defer(() => store.close())
  const self = newId('node')
  const { events, internal, close: closeEvents } = await openEvents({ cluster: store.cluster, self, log })
  opening.defer(closeEvents)
  const blobs = opening.use(await openBlobs(config.blobs, { log }))
  const { models, upstream, mapped, find } = await openModels(config, {
    env: process.env,
    log,
    signal: AbortSignal.timeout(5000),
  })
  opening.defer(() => models.close())
  // A model server may load the model first.
  const opened = overrides.embedder
    ? null
    : await openEmbedder(config, { find, log, signal: AbortSignal.timeout(180_000) })
  opening.defer(async () => opened?.close())
  const embedder = overrides.embedder ?? opened
  const search = describeSearch(opened?.label ?? embedder?.space ?? null)
  const extractor = createExtractor({ log })
  opening.defer(() => extractor.close())
  const index = createSearchIndex({
    source: store.segments,
    memoryBytes: searchMemoryBytes,
    threads: availableParallelism(),
    log,
  })
  opening.defer(() => index.close())
  const provider = overrides.model ?? models
  const { code, label: codeLabel } = await placing
  const { runExpiresAfter, maxRuns, indexingConcurrency, downloadAnyFile } = config
  const application = createApplication({
    store,
    blobs,
    provider,
    extractor,
    index,
    embedder,
    code,
    events,
    log,
    node: { id: self, role: config.role },
    settings: { runExpiresAfter, maxRuns, indexingConcurrency, downloadAnyFile },
  })
  const app = createApp({
    api:
      config.role === 'worker'
        ? null
        : {
            services: application.services,
            passThrough: { forward: overrides.model?.forward ?? models.forward },
          },
    internal,
    health: () => health({ self, config, store, embedder, code, runningRuns: application.runningRuns() }),
    log,
    options: { requireBetaHeader: config.requireBetaHeader, emptyListIds: config.emptyListIds },
  })
  const open = opening.move()
  const http = createHttpServer(createListener(app, log))
  return {
    http,
    application,
    upstream: describe(upstream, mapped),
    search,
    code: { label: codeLabel },
    /** `url` is where this process listens. */
    join: (url: string) => application.join(config.nodeUrl ?? reachable(url)),
    close: () => open.disposeAsync(),
  }
}

/** An address of a process that listens on all of them, for other machines. */
function reachable(url: string): string {
  return url.replace(/\/\/(0\.0\.0\.0|\[::\]):/, `//${hostname()}:`)
}

/** Whether code is to run in this process, if anywhere. */
function runsHere({ role, sandbox }: Config): boolean {
  return role !== 'api' || sandbox.choice === 'off'
}

async function codeElsewhere(): Promise<PlacedCode> {
  const label = 'on the nodes that carry out runs'
  const code = { ok: false, reason: 'this node carries out no runs', advice: '', elsewhere: true } as const
  return { code, label, async close() {} }
}

/** Where code is to run; the probing of it takes a while, during which other things can be opened. */
async function placeCode(config: SandboxConfig, log: Log, given: Sandbox | undefined): Promise<PlacedCode> {
  const { sessions, idleSeconds, prepared } = config
  const opened = given
    ? { sandbox: given, label: given.kind }
    : await openSandbox({ ...config, log, signal: AbortSignal.timeout(60_000) })
  if (opened.sandbox === null) {
    const { reason, advice } = opened
    return { code: { ok: false, reason, advice }, label: `off: ${reason}. ${advice}`, close: async () => {} }
  }
  const { sandbox, label } = opened
  const settings = { sessions, idleSeconds, prepared }
  return { code: { ok: true, sandbox, settings }, label, close: () => sandbox.close() }
}

interface PlacedCode {
  readonly code: CodePlace
  /** For people. */
  readonly label: string
  close(): Promise<void>
}

/** Who answers for models, for people. */
function describe(upstream: Discovered | null, mapped: readonly string[]) {
  const { kind = 'mapped', label = 'no upstream for other models', url = null } = upstream ?? {}
  return { kind, label, url, mapped }
}

interface HealthParts {
  self: string
  config: Config
  store: Store
  embedder: Embedder | null
  code: CodePlace
  runningRuns: number
}

async function health({ self, config, store, embedder, code, runningRuns }: HealthParts) {
  const [checked, depth] = await Promise.allSettled([store.check(), store.queue.depth()])
  return {
    ok: checked.status === 'fulfilled',
    node: self,
    role: config.role,
    database_kind: isPostgres(config.databaseUrl) ? 'postgres' : 'sqlite',
    database: checked.status === 'fulfilled' ? 'ok' : 'unreachable',
    running_runs: runningRuns,
    waiting_jobs: depth.status === 'fulfilled' ? depth.value.waiting : null,
    file_search: embedder === null ? 'keyword' : 'hybrid',
    embedding_space: embedder?.space ?? null,
    code_interpreter: code.ok ? code.sandbox.kind : null,
  }
}
