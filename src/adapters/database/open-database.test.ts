import { expect, test } from 'vitest'
import { row } from '../../../test/conformance/rows.ts'
import { sqliteDatabase } from '../../../test/conformance/sqlite-database.ts'
import { openSqlite } from './open-database.ts'
import { DatabaseInUse } from './process-lock.ts'

test('a database that is open is refused, and free again when it is closed', async () => {
  await using database = await sqliteDatabase()
  const store = await database.open()
  await expect(openSqlite({ path: database.path })).rejects.toThrow(DatabaseInUse)
  await expect(openSqlite({ path: database.path })).rejects.toThrow(
    /^Another Reprise process is using this data folder \(.*\)/,
  )
  await store.transaction('project', (tx) => tx.threads.insert(row.thread()))
  await store.close()
  await using reopened = {
    store: await openSqlite({ path: database.path }),
    [Symbol.asyncDispose]: () => reopened.store.close(),
  }
  await reopened.store.check()
})

test('jobs that were under way when the process ended are free at once', async () => {
  await using database = await sqliteDatabase()
  const until = Date.now() + 1_000_000
  const job = { id: 'job_1', kind: 'run', subject: 'run_1', runAt: 0, lease: { owner: 'gone', until } }
  await (await database.open()).transaction('project', (tx) => tx.jobs.add(job))
  const { queue } = await database.open()
  expect(await queue.depth()).toEqual({ waiting: 1, leased: 0 })
  const lease = { owner: 'new', until }
  expect(await queue.claim({ kinds: ['run'], lease, now: Date.now(), limit: 1 })).toMatchObject([{ id: 'job_1' }])
})
