import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { freshId, row } from '../../../test/conformance/rows.ts'
import { command, noPostgres, type PostgresServer, startPostgres } from '../../../test/support/postgres.ts'
import type { Store, Transaction } from '../../ports/store.ts'
import { openPostgres } from './open-postgres.ts'
import { DatabaseUnreachable } from './postgres-errors.ts'

const now = 1_700_000_000_000
const lease = { owner: 'worker-1', until: now + 30_000 }
const any = { kinds: ['run'], now, limit: 100 }

describe.skipIf(noPostgres)(noPostgres ?? 'Postgres under several processes', () => {
  let server: PostgresServer
  let url: string
  let stores: Store[]
  beforeAll(async () => {
    server = await startPostgres()
  })
  beforeEach(async () => {
    url = await server.create()
    stores = []
  })
  afterEach(() => Promise.all(stores.map((store) => store.close())))
  afterAll(() => server[Symbol.asyncDispose]())

  async function opened(): Promise<Store> {
    const store = await openPostgres({ url })
    stores.push(store)
    return store
  }

  test('who waits for jobs is woken by what another process adds or gives back', async () => {
    const [here, there] = [await opened(), await opened()]
    const first = heard(there)
    await here.transaction('project', (tx) => tx.jobs.add(job('job_1')))
    await first
    expect(await there.queue.claim({ ...any, lease })).toMatchObject([{ id: 'job_1' }])
    const second = heard(here)
    await there.queue.release('job_1', { owner: lease.owner, runAt: 0 })
    await second
  })

  test('a lease outlives the process that took it, and its time', async () => {
    const first = await opened()
    await first.transaction('project', (tx) => tx.jobs.add({ ...job('job_1'), lease }))
    await first.close()
    const second = await opened()
    const other = { owner: 'worker-2', until: now + 60_000 }
    expect(await second.queue.claim({ ...any, now: lease.until - 1, lease: other })).toEqual([])
    expect(await second.queue.claim({ ...any, now: lease.until, lease: other })).toMatchObject([{ id: 'job_1' }])
  })

  test('of many jobs that many processes claim at once, none is claimed twice and none is left', async () => {
    const nodes = await Promise.all(Array.from({ length: 4 }, opened))
    await nodes[0]?.transaction('project', async (tx) => {
      for (let index = 0; index < 200; index++) await tx.jobs.add(job(freshId('job')))
    })
    const claimed = await Promise.all(
      nodes.flatMap(({ queue }, node) =>
        Array.from({ length: 3 }, async (_, worker) => {
          const ids: string[] = []
          for (;;) {
            const mine = { owner: `${node}-${worker}`, until: now + 1000 }
            const jobs = await queue.claim({ ...any, limit: 3, lease: mine })
            if (jobs.length === 0) return ids
            ids.push(...jobs.map(({ id }) => id))
          }
        }),
      ),
    )
    expect(claimed.flat()).toHaveLength(200)
    expect(new Set(claimed.flat()).size).toBe(200)
  })

  test('a heartbeat does not wait for a job that a transaction holds', async () => {
    const { queue, transaction } = await opened()
    await transaction('project', async (tx) => {
      for (const id of ['job_1', 'job_2']) await tx.jobs.add({ ...job(id), lease })
    })
    await transaction('project', async (tx) => {
      await tx.jobs.held('job_1', lease.owner)
      const beat = await queue.heartbeat({ ...lease, until: now + 90_000 })
      expect(beat.sort()).toEqual(['job_1', 'job_2'])
    })
    const other = { owner: 'worker-2', until: now + 60_000 }
    expect(await queue.claim({ ...any, now: lease.until, lease: other })).toMatchObject([{ id: 'job_1' }])
  })

  test.each([
    ['assistants', (tx: Transaction, id: string) => tx.assistants.insert(row.assistant({ id }))],
    ['files', (tx: Transaction, id: string) => tx.files.insert(row.file({ id }))],
    ['vectorStores', (tx: Transaction, id: string) => tx.vectorStores.insert(row.vectorStore({ id }))],
  ] as const)('of %s, what is committed later is listed later', async (kind, insert) => {
    const store = await opened()
    const held = Promise.withResolvers<void>()
    const inserted = Promise.withResolvers<void>()
    const first = store.transaction('project', async (tx) => {
      await insert(tx, 'slow')
      expect(await tx[kind].get('slow')).toBeDefined()
      inserted.resolve()
      await held.promise
    })
    await inserted.promise
    await store.transaction('project', (tx) => insert(tx, 'quick'))
    held.resolve()
    await first
    const { items } = await store.read('project')[kind].list({}, { limit: 5, order: 'asc', after: 'quick' })
    expect(items.map(({ id }) => id)).toEqual(['slow'])
  })

  test('an executor and whoever ends its run wait for each other in one order only', async () => {
    const store = await opened()
    const run = row.run({ status: 'in_progress' })
    const change = { from: ['in_progress'], to: 'failed', body: '{}', expires_at: null } as const
    await store.transaction('project', async (tx) => {
      await tx.runs.insert(run)
      await tx.jobs.add({ ...job('job_1', run.id), lease })
    })
    const executed = store.transaction('project', async (tx) => {
      expect(await tx.jobs.held('job_1', lease.owner)).toBe(true)
      const ended = store.transaction('project', async (other) => {
        const status = (await other.runs.get(run.id))?.status
        await other.jobs.removeAbout(run.id)
        return status
      })
      await somebodyWaits(url)
      await tx.runs.transition(run.id, change)
      return { ended }
    })
    expect(await (await executed).ended).toBe('failed')
  })

  test('who ingests a file and whoever takes it out wait for each other in one order only', async () => {
    const store = await opened()
    const { id } = row.vectorStore()
    const entry = row.vectorStoreFile({ vector_store_id: id })
    await store.transaction('project', async (tx) => {
      await tx.vectorStores.insert(row.vectorStore({ id }))
      await tx.vectorStoreFiles.insert(entry)
      await tx.jobs.add({ ...job('job_1', entry.id), lane: id, lease })
    })
    const ingested = store.transaction('project', async (tx) => {
      expect(await tx.jobs.complete('job_1', lease.owner)).toBe(true)
      const removed = store.transaction('project', async (other) => {
        const found = await other.vectorStoreFiles.get(id, entry.id)
        await other.jobs.removeAbout(entry.id)
        await other.vectorStores.get(id)
        return found?.status
      })
      await somebodyWaits(url)
      await tx.vectorStores.get(id)
      await tx.vectorStoreFiles.update(id, entry.id, { status: 'completed' })
      return { removed }
    })
    expect(await (await ingested).removed).toBe('completed')
  })

  test('a file that goes and a thread that takes it on wait for each other in one order only', async () => {
    const store = await opened()
    const file = row.file()
    const thread = row.thread({ body: JSON.stringify({ file_ids: [file.id] }) })
    await store.transaction('project', async (tx) => {
      await tx.files.insert(file)
      await tx.threads.insert(thread)
    })
    const taken = store.transaction('project', async (tx) => {
      await tx.threads.lock(thread.id)
      const removed = store.transaction('project', async (other) => {
        expect(await other.files.remove(file.id)).toBe(true)
        return other.threads.mentioning(file.id)
      })
      await somebodyWaits(url)
      expect(await tx.files.get(file.id)).toEqual(file)
      await tx.threads.update(thread.id, { body: `${thread.body} ` })
      return { removed }
    })
    expect(await (await taken).removed).toMatchObject([{ body: `${thread.body} ` }])
  })

  test('a transaction whose statement failed is undone, even when its work takes no notice', async () => {
    const store = await opened()
    const [thread, other] = [row.thread(), row.thread()]
    await store.transaction('project', (tx) => tx.threads.insert(thread))
    const ignoring = store.transaction('project', async (tx) => {
      await tx.threads.insert(other)
      await tx.threads.insert(thread)
      await tx.threads.get(other.id).catch(() => {})
    })
    await expect(ignoring).rejects.toMatchObject({ name: 'StatementRefused', code: '23505', table: 'threads' })
    await expect(ignoring).rejects.not.toThrow(thread.body)
    expect(await store.read('project').threads.get(other.id)).toBeUndefined()
  })

  test('a NUL in a name does no harm, and an id with one is not found', async () => {
    const store = await opened()
    const file = row.vectorStoreFile({ filename: 'a\0b.txt' })
    await store.transaction('project', (tx) => tx.vectorStoreFiles.insert(file))
    const { vectorStoreFiles, threads } = store.read('project')
    expect(await vectorStoreFiles.get(file.vector_store_id, file.id)).toMatchObject({ filename: 'a\ufffdb.txt' })
    expect(await threads.get('thread_\0')).toBeUndefined()
    expect(await store.segments.live('project', ['\0', '\ud800'])).toEqual([])
  })

  test('several processes clear dropped segments away together, and leave no pieces', async () => {
    const nodes = [await opened(), await opened(), await opened()]
    const dropped = nodes.map(async (store) => {
      const { id } = row.vectorStore()
      await store.transaction('project', async (tx) => {
        await tx.vectorStores.insert(row.vectorStore({ id }))
        for (let index = 0; index < 30; index++) {
          const texts = new Uint8Array(index % 10 === 0 ? 2_000_000 : 10)
          await tx.segments.put(row.segment({ vector_store_id: id, file_id: freshId('file'), texts }))
        }
      })
      await store.transaction('project', (tx) => tx.vectorStores.remove(id))
    })
    await Promise.all(dropped)
    const left = 'select (select count(*) from segments) + (select count(*) from segment_pieces) as count'
    await expect.poll(async () => (await command(url, left)).rows, { timeout: 10_000 }).toEqual([{ count: '0' }])
  })

  test('a connection that is cut undoes its transaction, and the next one has another', async () => {
    const store = await opened()
    const thread = row.thread()
    const cut = store.transaction('project', async (tx) => {
      await tx.threads.insert(thread)
      expect(await tx.threads.get(thread.id)).toEqual(thread)
      await command(url, `select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction'`)
      await tx.threads.get(thread.id)
    })
    await expect(cut).rejects.toThrow(DatabaseUnreachable)
    expect(await store.read('project').threads.get(thread.id)).toBeUndefined()
    await store.transaction('project', (tx) => tx.threads.insert(thread))
  })

  test('a listening connection that is dead is made again, though nobody has cut it', async () => {
    const [store, other] = [await opened(), await opened()]
    const listening = `select pid from pg_stat_activity where datname = current_database() and query like 'listen %'`
    const pids = async (): Promise<number[]> => (await command(url, listening)).rows.map((found) => found.pid)
    const frozen = await pids()
    for (const pid of frozen) process.kill(pid, 'SIGSTOP')
    try {
      await heard(store)
      const woken = heard(store)
      await other.transaction('project', (tx) => tx.jobs.add(job('job_1')))
      await woken
    } finally {
      for (const pid of frozen) process.kill(pid, 'SIGCONT')
    }
  })

  test('while the server is away everything rejects, and all goes on when it is back', async () => {
    const [store, other] = [await opened(), await opened()]
    const thread = row.thread()
    await store.transaction('project', (tx) => tx.threads.insert(thread))
    await server.stop()
    await expect(store.check()).rejects.toThrow(DatabaseUnreachable)
    await expect(store.read('project').threads.get(thread.id)).rejects.toThrow('The database cannot be reached')
    await expect(store.transaction('project', (tx) => tx.threads.insert(row.thread()))).rejects.toThrow(
      DatabaseUnreachable,
    )
    const back = heard(store)
    await server.start()
    await store.check()
    expect(await store.read('project').threads.get(thread.id)).toEqual(thread)
    await back // for what it may have missed
    const woken = heard(store)
    await other.transaction('project', (tx) => tx.jobs.add(job('job_1')))
    await woken
  })
})

function job(id: string, subject = 'run_1') {
  return { id, kind: 'run', subject, runAt: 0 }
}

/** Resolves the next time that somebody who waits for jobs is woken. */
function heard({ queue }: Store): Promise<void> {
  return new Promise((resolve) => {
    const stop = queue.onAdded(() => {
      stop()
      resolve()
    })
  })
}

/** Resolves when a transaction waits for another. */
async function somebodyWaits(url: string): Promise<void> {
  const waiting = `select count(*)::integer as count from pg_stat_activity where wait_event_type = 'Lock'`
  while ((await command(url, waiting)).rows[0]?.count === 0) await new Promise(setImmediate)
}
