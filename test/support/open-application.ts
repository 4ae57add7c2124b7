import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDiskBlobs } from '../../src/adapters/blobs/disk.ts'
import { openSqlite } from '../../src/adapters/database/open-database.ts'
import { createInProcessEvents } from '../../src/adapters/events/in-process.ts'
import { fromText } from '../../src/api/json.ts'
import type { CreateRunRequest } from '../../src/api/run.ts'
import type { StreamEvent } from '../../src/api/stream-event.ts'
import { type CodePlace, createApplication } from '../../src/application.ts'
import { now } from '../../src/lib/clock.ts'
import type { Blobs } from '../../src/ports/blobs.ts'
import type { ModelProvider } from '../../src/ports/model.ts'
import type { SearchIndex } from '../../src/ports/search.ts'
import type { Store } from '../../src/ports/store.ts'
import type { StartedRun } from '../../src/runs/start-run.ts'
import { createRunStops } from '../../src/runs/stop-run.ts'
import { noCode } from './no-code.ts'
import { noSearch } from './no-search.ts'

export const project = 'default'
const log = { debug() {}, info() {}, warn() {}, error() {} }
const ask = { type: 'function' as const, function: { name: 'ask' } }

export interface ApplicationOptions {
  maxRuns?: number
  runExpiresAfter?: number
  /** Puts something between the application and its store, or its blobs. */
  aroundStore?: (store: Store) => Store
  aroundBlobs?: (blobs: Blobs) => Blobs
  /** What searches find; without it nothing can be searched. */
  index?: SearchIndex
  /** Where code runs; without it no code can be run. */
  code?: CodePlace
}

/**
 * The application over a real store and real blobs in a folder of their own, with a model that a test chooses: for what
 * cannot be told apart through HTTP. Starts working at once.
 */
export async function openApplication(
  provider: ModelProvider,
  {
    maxRuns = 4,
    runExpiresAfter = 600,
    aroundStore = same,
    aroundBlobs = same,
    index = noSearch.index,
    code = noCode,
  }: ApplicationOptions = {},
) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'reprise-application-'))
  const stored = await openSqlite({ path: join(folder.path, 'reprise.sqlite') })
  const blobs = aroundBlobs(await openDiskBlobs(join(folder.path, 'blobs')))
  const store = aroundStore(stored)
  const settings = { runExpiresAfter, maxRuns, indexingConcurrency: 1, downloadAnyFile: false }
  let ahead = 0
  let current = begin()

  function begin() {
    const events = createInProcessEvents()
    const application = createApplication({ ...noSearch, index, code, store, blobs, provider, events, log, settings })
    application.start()
    return { events, application, stops: createRunStops({ store, events, now: () => now() + ahead }) }
  }

  async function stop(): Promise<void> {
    await current.application.stop({ graceMs: 0 })
  }

  return {
    /** The store without anything around it. */
    stored,
    services: () => current.application.services,
    events: () => current.events,
    running: () => current.application.runningRuns(),
    /** Expires the run, as the sweeper does; `late` is how many seconds after now it thinks it is. */
    expire(run_id: string, late = 0): Promise<void> {
      ahead = late
      return current.stops.expire(project, run_id)
    },
    stop,
    /** What another process does that opens the same store when this one has stopped. */
    startAgain(): void {
      current = begin()
    },
    async [Symbol.asyncDispose]() {
      await stop()
      await stored.close()
      await folder.remove()
    },
  }
}

export type TestApplication = Awaited<ReturnType<typeof openApplication>>

function same<Part>(part: Part): Part {
  return part
}

/** An assistant with a function, and a thread with one message. */
export async function makeThread({ services }: TestApplication) {
  const { assistants, threads } = services()
  const assistant = fromText(await assistants.create(project, { model: 'any', tools: [ask] }))
  const thread = fromText(await threads.create(project, { messages: [{ role: 'user', content: 'Hi' }] }))
  return { assistant, thread }
}

/** A streamed run on a new thread, with the events that it will have told once it is over. */
export async function startRun(application: TestApplication, request: Partial<CreateRunRequest> = {}) {
  const { assistant, thread } = await makeThread(application)
  const creation = { assistant_id: assistant.id, stream: true, ...request }
  const started = await application.services().runs.create(project, thread.id, creation)
  return { assistant, thread, id: fromText(started.run).id, told: collect(started) }
}

/** Everything that is told up to `done`. */
export async function collect({ events }: StartedRun): Promise<StreamEvent[]> {
  const told: StreamEvent[] = []
  for await (const event of events(new AbortController().signal)) told.push(event)
  return told
}

/** Answers everything that the run waits for; what it tells then is collected. */
export async function submitOutputs({ services, stored }: TestApplication, thread_id: string, run_id: string) {
  const row = await stored.read(project).runs.get(run_id)
  const calls = row ? (fromText(row.body).required_action?.submit_tool_outputs.tool_calls ?? []) : []
  const tool_outputs = calls.map(({ id }) => ({ tool_call_id: id, output: `out of ${id}` }))
  const resumed = await services().runs.submitToolOutputs(project, thread_id, run_id, { tool_outputs, stream: true })
  return collect(resumed)
}

/** Resolves when `condition` holds; asks again in each turn of the event loop, for ten seconds at the most. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const patience = performance.now() + 10_000
  while (!(await condition())) {
    if (performance.now() > patience) throw new Error('what was waited for did not come')
    await new Promise(setImmediate)
  }
}
