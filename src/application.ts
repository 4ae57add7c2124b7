import { createSweeper, type Sweeper } from './jobs/sweeper.ts'
import { createWorker, type Worker } from './jobs/worker.ts'
import { now } from './lib/clock.ts'
import { newId } from './lib/id.ts'
import type { Log } from './lib/log.ts'
import type { Blobs } from './ports/blobs.ts'
import type { RunEvents } from './ports/events.ts'
import type { ModelProvider } from './ports/model.ts'
import type { Store } from './ports/store.ts'
import { createAssistants } from './resources/assistants.ts'
import { createFiles } from './resources/files.ts'
import { createMessages } from './resources/messages.ts'
import { createModels } from './resources/models.ts'
import { createThreads } from './resources/threads.ts'
import { createUploads } from './resources/uploads.ts'
import { createRunCreation } from './runs/create-run.ts'
import { createRunExecutor } from './runs/execute-run.ts'
import { readImage } from './runs/read-image.ts'
import { createRuns } from './runs/runs.ts'
import { executeRunJob } from './runs/start-run.ts'
import { createRunStops } from './runs/stop-run.ts'
import { streamBroke } from './runs/stream-broke.ts'
import { createToolOutputSubmission } from './runs/submit-tool-outputs.ts'

/** What the application needs of the world, and what can be set about it. */
export interface ApplicationParts {
  store: Store
  blobs: Blobs
  provider: ModelProvider
  events: RunEvents
  log: Log
  settings: { runExpiresAfter: number; maxRuns: number; downloadAnyFile: boolean }
}

/** Everything the server does, joined by hand: the services for the HTTP floor and what works by itself behind them. */
export function createApplication({ store, blobs, provider, events, log, settings }: ApplicationParts) {
  const acceptsModel = (model: string) => provider.accepts(model)
  const worker: Worker = createWorker({ queue: store.queue, owner: newId('job'), capacity: settings.maxRuns, log })
  const jobs = { intake: worker, newId }
  const stops = createRunStops({ store, events, now })
  const files = createFiles({ store, blobs, newId, now, options: { downloadAnyFile: settings.downloadAnyFile } })
  const uploads = createUploads({ store, blobs, newId, now })
  const creation = { store, events, jobs, acceptsModel, newId, now, expiresAfter: settings.runExpiresAfter }
  const services = {
    assistants: createAssistants({ store, newId, now, acceptsModel }),
    threads: createThreads({ store, newId, now, onRunRemoved: stops.removed }),
    messages: createMessages({ store, newId, now }),
    runs: {
      ...createRuns({ store }),
      ...createRunCreation(creation),
      submitToolOutputs: createToolOutputSubmission({ store, events, jobs, now }),
      cancel: stops.cancel,
    },
    files,
    uploads,
    models: createModels({ provider }),
  }
  const imageOf = (project: string) => readImage({ read: store.read(project), blobs })
  const executeRun = createRunExecutor({ store, provider, events, imageOf, newId, now, log })
  const sweeper: Sweeper = createSweeper({
    store,
    now,
    log,
    expire: { run: stops.expire, file: files.removeExpired, upload: uploads.expire },
  })

  function start(): void {
    worker.start({ [executeRunJob]: executeRun })
    sweeper.start()
  }

  /** Lets runs finish for `graceMs`, hands back what is left, and ends the streams of what waits. */
  async function stop({ graceMs }: { graceMs: number }): Promise<void> {
    await sweeper.stop()
    await worker.stop({ graceMs })
    events.close(
      streamBroke('This server is stopping before the run had its turn. Read the run to see how it goes on.'),
    )
  }

  return { services, start, stop, runningRuns: () => worker.running() }
}
