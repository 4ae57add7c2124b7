import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { freshId, row } from '../../../test/conformance/rows.ts'
import { sqliteDatabase } from '../../../test/conformance/sqlite-database.ts'
import type { Store } from '../../ports/store.ts'
import { stretchBytes } from './segment-pieces.ts'

test('nothing is left of what was dropped, and nothing else goes', async () => {
  await using database = await sqliteDatabase()
  const store = await database.open()
  const left = counting(database.path)
  const kept = await fill(store, { files: 3 })
  const gone = await fill(store, { files: 40 })
  const large = await fill(store, { files: 2, texts: 20 * stretchBytes })
  expect(left()).toEqual({ segments: 45, pieces: 3 + 40 + 2 * 20 })
  for (const { id } of [gone, large]) await store.transaction('project', (tx) => tx.vectorStores.remove(id))
  await until(() => left().segments === 3)
  expect(left()).toEqual({ segments: 3, pieces: 3 })
  expect((await store.segments.load(kept.segments)).size).toBe(3)
})

test('a replaced segment is cleared away too', async () => {
  await using database = await sqliteDatabase()
  const store = await database.open()
  const left = counting(database.path)
  const segments = [row.segment(), row.segment(), row.segment()]
  for (const segment of segments) await store.transaction('project', (tx) => tx.segments.put(segment))
  await until(() => left().segments === 1)
  expect(left()).toEqual({ segments: 1, pieces: 1 })
  expect([...(await store.segments.load(segments.map(({ id }) => id))).keys()]).toEqual([segments[2]?.id])
})

test('others write in between', async () => {
  await using database = await sqliteDatabase()
  const store = await database.open()
  const left = counting(database.path)
  const { id } = await fill(store, { files: 200 })
  await store.transaction('project', (tx) => tx.vectorStores.remove(id))
  await store.transaction('project', (tx) => tx.threads.insert(row.thread()))
  expect(left().pieces).toBeGreaterThan(100)
  await until(() => left().segments === 0)
})

test('what a process leaves behind, the next one clears away', async () => {
  await using database = await sqliteDatabase()
  const store = await database.open()
  const left = counting(database.path)
  const { id } = await fill(store, { files: 200 })
  await store.transaction('project', (tx) => tx.vectorStores.remove(id))
  await store.close()
  expect(left().segments, 'closing waits for no more than a part').toBeGreaterThan(100)
  await database.open()
  await until(() => left().segments === 0)
  expect(left().pieces).toBe(0)
})

async function fill(store: Store, { files, texts = 100 }: { files: number; texts?: number }) {
  const { id } = row.vectorStore()
  const segments = Array.from({ length: files }, () =>
    row.segment({ vector_store_id: id, file_id: freshId('file'), texts: new Uint8Array(texts) }),
  )
  await store.transaction('project', async (tx) => {
    await tx.vectorStores.insert(row.vectorStore({ id }))
    for (const segment of segments) await tx.segments.put(segment)
  })
  return { id, segments: segments.map((segment) => segment.id) }
}

/** Counts rows from beside the store. */
function counting(path: string) {
  return () => {
    const database = new DatabaseSync(path, { readOnly: true })
    const count = (table: string) => Number(database.prepare(`select count(*) as count from ${table}`).get()?.count)
    const counts = { segments: count('segments'), pieces: count('segment_pieces') }
    database.close()
    return counts
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate)
}
