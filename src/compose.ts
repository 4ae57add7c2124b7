import { join } from 'node:path'
import { pino } from 'pino'
import { openDiskBlobs } from './adapters/blobs/disk.ts'
import { openSqlite } from './adapters/database/open-database.ts'
import { createInProcessEvents } from './adapters/events/in-process.ts'
import type { Discovered } from './adapters/model/discover.ts'
import { openModels } from './adapters/model/open-models.ts'
import { createApplication } from './application.ts'
import type { Config } from './config.ts'
import { createApp } from './http/app.ts'
import { createHttpServer } from './http/http-server.ts'
import { createListener } from './http/listener.ts'
import type { Log } from './lib/log.ts'
import type { ModelProvider, PassThrough } from './ports/model.ts'
import type { Store } from './ports/store.ts'

/** Parts to use in the place of configured ones. */
export interface Overrides {
  model?: ModelProvider & Partial<PassThrough>
  log?: Log
}

/** Builds the adapters, hands them to the application and puts HTTP on top: the only place that names both sides. */
export async function compose(config: Config, overrides: Overrides) {
  await using opening = new AsyncDisposableStack()
  // Synchronous and to stderr: stdout is for people, and the last line before a crash is the one that matters.
  const log = overrides.log ?? pino({ level: config.logLevel }, pino.destination({ fd: 2, sync: true }))
  const store = await openSqlite({ path: config.databaseUrl.replace(/^sqlite:/, '') })
  opening.defer(() => store.close())
  const blobs = await openDiskBlobs(join(config.dataDir, 'blobs'))
  const { models, upstream, mapped } = await openModels(config, {
    env: process.env,
    log,
    signal: AbortSignal.timeout(5000),
  })
  opening.defer(() => models.close())
  const provider = overrides.model ?? models
  const { runExpiresAfter, maxRuns, downloadAnyFile } = config
  const application = createApplication({
    store,
    blobs,
    provider,
    events: createInProcessEvents(),
    log,
    settings: { runExpiresAfter, maxRuns, downloadAnyFile },
  })
  const app = createApp({
    services: application.services,
    passThrough: { forward: overrides.model?.forward ?? models.forward },
    health: () => health(store, application.runningRuns()),
    log,
    options: { requireBetaHeader: config.requireBetaHeader, emptyListIds: config.emptyListIds },
  })
  const open = opening.move()
  const http = createHttpServer(createListener(app, log))
  return { http, application, upstream: describe(upstream, mapped), close: () => open.disposeAsync() }
}

/** Who answers for models, for people. */
function describe(upstream: Discovered | null, mapped: readonly string[]) {
  const { kind = 'mapped', label = 'no upstream for other models', url = null } = upstream ?? {}
  return { kind, label, url, mapped }
}

async function health(store: Store, runningRuns: number) {
  const [checked, depth] = await Promise.allSettled([store.check(), store.queue.depth()])
  return {
    ok: checked.status === 'fulfilled',
    database: checked.status === 'fulfilled' ? 'ok' : 'unreachable',
    running_runs: runningRuns,
    waiting_runs: depth.status === 'fulfilled' ? depth.value.waiting : null,
  }
}
