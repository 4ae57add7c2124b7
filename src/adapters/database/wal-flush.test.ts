import { fdatasync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { row } from '../../../test/conformance/rows.ts'
import { sqliteDatabase } from '../../../test/conformance/sqlite-database.ts'

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  return { ...fs, fdatasync: vi.fn(fs.fdatasync) }
})

test('every transaction that writes is flushed before it resolves', async () => {
  await using database = await sqliteDatabase()
  const store = await database.open()
  for (const flushes of [1, 2, 3]) {
    await store.transaction('project', (tx) => tx.threads.insert(row.thread()))
    expect(fdatasync).toHaveBeenCalledTimes(flushes)
  }
  await store.transaction('project', (tx) => tx.threads.get('thread_none'))
  expect(await store.queue.claim({ kinds: ['run'], lease: { owner: 'me', until: 1 }, now: 0, limit: 1 })).toEqual([])
  expect(fdatasync).toHaveBeenCalledTimes(3)
})

test('once the disk has failed, nothing is acknowledged any more and the check says so', async () => {
  await using database = await sqliteDatabase()
  const store = await database.open()
  await store.check()
  vi.mocked(fdatasync).mockImplementationOnce((_, callback) => callback(new Error('EIO')))
  const failure = 'The database could not be written to disk'
  await expect(store.transaction('project', (tx) => tx.threads.insert(row.thread()))).rejects.toThrow(failure)
  await expect(store.check()).rejects.toThrow(failure)
  const later = row.thread()
  await expect(store.transaction('project', (tx) => tx.threads.insert(later))).rejects.toThrow(failure)
  expect(await store.read('project').threads.get(later.id)).toBeUndefined()
})
