import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDiskBlobs } from '../../src/adapters/blobs/disk.ts'
import { openSqlite } from '../../src/adapters/database/open-database.ts'
import { createInProcessEvents } from '../../src/adapters/events/in-process.ts'
import { fromText } from '../../src/api/json.ts'
import type { Tool } from '../../src/api/tool.ts'
import { createApplication } from '../../src/application.ts'
import type { Store } from '../../src/ports/store.ts'
import { FakeModel } from '../support/fake-model.ts'
import { noCode } from '../support/no-code.ts'
import { noSearch } from '../support/no-search.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** What a run may cost in the store, as exact counts: they hold on any machine. */
describe('writes of a run', () => {
  let folder: string
  let store: Store
  let writes: number

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reprise-commits-'))
    store = await openSqlite({ path: join(folder, 'reprise.sqlite') })
    writes = 0
  })

  afterEach(async () => {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function runOf(model: FakeModel, tools: Tool[] = []) {
    const counted: Store = {
      ...store,
      transaction: (project, work) => {
        writes += 1
        return store.transaction(project, work)
      },
    }
    const blobs = await openDiskBlobs(join(folder, 'blobs'))
    const settings = { runExpiresAfter: 600, maxRuns: 4, indexingConcurrency: 1, downloadAnyFile: false }
    const events = createInProcessEvents()
    const app = createApplication({
      ...noSearch,
      index: { ...noSearch.index, search: async () => [] },
      code: noCode,
      store: counted,
      blobs,
      provider: model,
      events,
      log: silent,
      settings,
    })
    app.start()
    const { assistants, threads, runs } = app.services
    const vectorStore = fromText(await app.services.vectorStores.create('default', {}))
    const tool_resources = { file_search: { vector_store_ids: [vectorStore.id] } }
    const assistant = fromText(await assistants.create('default', { model: 'any', tools, tool_resources }))
    const thread = fromText(await threads.create('default', { messages: [{ role: 'user', content: 'Hi' }] }))
    const before = writes
    const started = await runs.create('default', thread.id, { assistant_id: assistant.id })
    let deltas = 0
    for await (const { event } of started.events(new AbortController().signal)) {
      if (event.endsWith('.delta')) deltas += 1
    }
    await app.stop({ graceMs: 1000 })
    return { transactions: writes - before, deltas, claims: 0 }
  }

  it('are four transactions for a simple run: created, started, first token, done', async () => {
    expect(await runOf(new FakeModel(['Hello there']))).toMatchObject({ transactions: 4 })
  })

  it('do not grow with the length of the answer', async () => {
    const long = await runOf(new FakeModel(['word '.repeat(2000)]))
    expect(long).toMatchObject({ transactions: 4, deltas: 2000 })
  })

  it('are four for a run that ends with function calls, however many', async () => {
    const calls = Array.from({ length: 5 }, (_, n) => ({ call: 'ask', arguments: { n } }))
    const run = await runOf(new FakeModel([calls]), [{ type: 'function', function: { name: 'ask' } }])
    expect(run.transactions).toBe(4)
  })

  it('are two more for each search: its step, and what was found', async () => {
    const search = { call: 'file_search', arguments: { queries: ['tea'] } }
    const run = await runOf(new FakeModel([search, search, 'Nothing there.']), [{ type: 'file_search' }])
    expect(run.transactions).toBe(4 + 2 * 2)
  })
})
