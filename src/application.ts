import { createFileIndexer } from './indexing/index-file.ts'
import { createReembedding } from './indexing/reembed.ts'
import { createForgetEverywhere } from './interpreter/forget-everywhere.ts'
import { createInterpreters, type InterpreterSettings } from './interpreter/interpreters.ts'
import { createFirstNode } from './jobs/first-node.ts'
import { createHandOver } from './jobs/hand-over.ts'
import { createMembership } from './jobs/membership.ts'
import { createSweeper, type Sweeper } from './jobs/sweeper.ts'
import { createWorker, type Worker } from './jobs/worker.ts'
import { now } from './lib/clock.ts'
import { newId } from './lib/id.ts'
import type { Log } from './lib/log.ts'
import type { Blobs } from './ports/blobs.ts'
import { type Node, ownerOf } from './ports/cluster.ts'
import type { Embedder } from './ports/embedder.ts'
import type { RunEvents } from './ports/events.ts'
import type { Extractor } from './ports/extractor.ts'
import type { ModelProvider } from './ports/model.ts'
import type { Sandbox } from './ports/sandbox.ts'
import type { SearchIndex } from './ports/search.ts'
import type { Store } from './ports/store.ts'
import { createAssistants } from './resources/assistants.ts'
import { noteUse } from './resources/change-store.ts'
import { createFileBatches } from './resources/file-batches.ts'
import { createFiles } from './resources/files.ts'
import { indexFileJob } from './resources/index-job.ts'
import { createMessages } from './resources/messages.ts'
import { createModels } from './resources/models.ts'
import { createSearchPage } from './resources/search-page.ts'
import { createStoreSearch } from './resources/search-stores.ts'
import { createThreads, type RemovedThread } from './resources/threads.ts'
import { createUploads } from './resources/uploads.ts'
import { createVectorStoreFiles } from './resources/vector-store-files.ts'
import { createVectorStores } from './resources/vector-stores.ts'
import { waitForFiles } from './resources/wait-for-files.ts'
import { createRunCreation } from './runs/create-run.ts'
import { createRunExecutor } from './runs/execute-run.ts'
import { createPlaceByPython } from './runs/place-by-python.ts'
import { readImage } from './runs/read-image.ts'
import { createRuns } from './runs/runs.ts'
import { executeRunJob } from './runs/start-run.ts'
import { createRunStops } from './runs/stop-run.ts'
import { streamBroke } from './runs/stream-broke.ts'
import { createToolOutputSubmission } from './runs/submit-tool-outputs.ts'
import { createCodeInterpreter } from './tools/code-interpreter.ts'
import { createFileSearch } from './tools/file-search.ts'

/** What the application needs of the world, and what can be set about it. */
export interface ApplicationParts {
  store: Store
  blobs: Blobs
  provider: ModelProvider
  events: RunEvents
  extractor: Extractor
  index: SearchIndex
  /** Null: file search goes by words alone. */
  embedder: Embedder | null
  code: CodePlace
  log: Log
  /** This process, among all that work on the store; without it there is no other. */
  node?: Omit<Node, 'url'>
  settings: { runExpiresAfter: number; maxRuns: number; indexingConcurrency: number; downloadAnyFile: boolean }
}

/** Where the code interpreter runs; or why it does not, in sentences for people. */
export type CodePlace =
  | { readonly ok: true; readonly sandbox: Sandbox; readonly settings: InterpreterSettings }
  | {
      readonly ok: false
      readonly reason: string
      readonly advice: string
      /** Other nodes carry out the runs, and have what it takes. */
      readonly elsewhere?: boolean
    }

/** Everything the server does, joined by hand: the services for the HTTP floor and what works by itself behind them. */
export function createApplication(parts: ApplicationParts) {
  const { store, blobs, provider, events, index, embedder, code, log, settings } = parts
  const { cluster } = store
  const node = parts.node ?? { id: newId('node'), role: 'all' }
  const acceptsModel = (model: string) => provider.accepts(model)
  const workerOf = (work: string, capacity: number): Worker =>
    createWorker({ queue: store.queue, owner: ownerOf(node.id, work), capacity, log })
  const worker = workerOf('runs', settings.maxRuns)
  // Of its own, so that neither a crowd of runs keeps files waiting nor a crowd of files runs.
  const indexingWorker = workerOf('files', settings.indexingConcurrency)
  const handOver = cluster && createHandOver({ cluster, queue: store.queue, worker, self: node.id, log })
  const placeByPython = handOver && createPlaceByPython({ store, handOver })
  const jobs = { intake: worker, placeByPython, newId }
  const stops = createRunStops({ store, events, now })
  const files = createFiles({ store, blobs, newId, now, options: { downloadAnyFile: settings.downloadAnyFile } })
  const uploads = createUploads({ store, blobs, newId, now })
  const vectorStores = createVectorStores({ store, newId, now })
  const search = createStoreSearch({ store, index, embedder, log })
  const self = cluster && node.id
  const interpreters = code.ok ? createInterpreters({ ...code, store, blobs, newId, now, log, node: self }) : undefined
  const pythons = createForgetEverywhere({ interpreters, bus: cluster?.bus, log })
  const creation = {
    store,
    events,
    jobs,
    acceptsModel,
    newId,
    now,
    expiresAfter: settings.runExpiresAfter,
    available: { codeInterpreter: code.ok || code.elsewhere ? ({ ok: true } as const) : code },
    node: self,
  }
  const services = {
    assistants: createAssistants({ store, newId, now, acceptsModel }),
    threads: createThreads({ store, newId, now, onRemoved: threadRemoved }),
    messages: createMessages({ store, newId, now }),
    runs: {
      ...createRuns({ store }),
      ...createRunCreation(creation),
      submitToolOutputs: createToolOutputSubmission({ store, events, jobs, now }),
      cancel: stops.cancel,
    },
    files,
    uploads,
    vectorStores: { ...vectorStores, search: createSearchPage({ store, search, touch: vectorStores.touch }) },
    vectorStoreFiles: createVectorStoreFiles({ store, index, newId, now }),
    fileBatches: createFileBatches({ store, newId, now }),
    models: createModels({ provider }),
  }
  const imageOf = (project: string) => readImage({ read: store.read(project), blobs })
  const fileSearch = createFileSearch({ search, touch: (tx, ids) => noteUse(tx, ids, now()) })
  const codeInterpreter =
    code.ok && interpreters ? [createCodeInterpreter({ interpreters, limits: code.sandbox.limits })] : []
  const executeRun = createRunExecutor({
    store,
    provider,
    events,
    serverTools: [fileSearch, ...codeInterpreter],
    waitForFiles: (project, id, options) => waitForFiles(store, project, id, options),
    imageOf,
    newId,
    now,
    log,
  })
  const indexFile = createFileIndexer({ ...parts, newId })
  const isFirst = cluster && createFirstNode({ nodes: cluster.nodes, self: node.id })
  const reembedding = embedder && createReembedding({ store, index, embedder, isFirst, newId, log })
  const sweeper: Sweeper = createSweeper({
    store,
    now,
    log,
    expire: {
      run: stops.expire,
      file: files.removeExpired,
      upload: uploads.expire,
      vectorStore: vectorStores.expire,
    },
  })

  function threadRemoved(project: string, { thread_id, run_id }: RemovedThread): void {
    if (run_id !== undefined) {
      const failed = (error: unknown) => log.error({ err: error, run_id }, 'interrupting a deleted run failed')
      stops.removed(project, run_id).catch(failed)
    }
    void pythons.forget(project, thread_id)
  }

  const membership = cluster && createMembership({ nodes: cluster.nodes, log })

  /** Lets the other nodes know of this one, which they reach at `url`. Nothing where there cannot be others. */
  async function join(url: string): Promise<void> {
    await membership?.join({ ...node, url })
  }

  async function leave(): Promise<void> {
    await membership?.leave()
  }

  function start(): void {
    sweeper.start()
    if (node.role === 'api') return // nothing is reserved by a worker that was never started, so every job goes elsewhere
    worker.start({ [executeRunJob]: executeRun })
    handOver?.start()
    indexingWorker.start({ [indexFileJob]: indexFile })
    reembedding?.start()
    interpreters?.prepare()
  }

  /** Lets runs finish for `graceMs`, hands back what is left, and ends the streams of what waits. */
  async function stop({ graceMs }: { graceMs: number }): Promise<void> {
    await sweeper.stop()
    await Promise.all([worker.stop({ graceMs }), indexingWorker.stop({ graceMs }), reembedding?.stop()])
    handOver?.stop() // not before: what was kept for this node has been given to the others at once
    pythons.close()
    await interpreters?.close()
    events.close(
      streamBroke('This server is stopping before the run had its turn. Read the run to see how it goes on.'),
    )
  }

  return { services, join, start, stop, leave, runningRuns: () => worker.running() }
}
