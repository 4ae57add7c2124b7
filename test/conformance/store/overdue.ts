import { expect, test } from 'vitest'
import { row } from '../rows.ts'
import type { CreateDatabase } from '../test-database.ts'

const now = 1_700_000_000

export function testOverdue(create: CreateDatabase): void {
  test('overdue rows are found in every project, at the very second and not before it', async () => {
    await using database = await create()
    const store = await database.open()
    const late = {
      runs: [
        row.run({ thread_id: 'thread_1', status: 'in_progress', expires_at: now }),
        row.run({ thread_id: 'thread_2', status: 'requires_action', expires_at: now - 1 }),
      ],
      files: [row.file({ expires_at: now })],
      uploads: [row.upload({ expires_at: now }), row.upload({ expires_at: now - 9 })],
      vectorStores: [row.vectorStore({ expires_at: now }), row.vectorStore({ expires_at: now - 3 })],
    }
    await store.transaction('a', async (tx) => {
      for (const run of late.runs) await tx.runs.insert(run)
      await tx.runs.insert(row.run({ thread_id: 'thread_3', status: 'queued', expires_at: now + 1 }))
      await tx.runs.insert(row.run({ thread_id: 'thread_4', status: 'expired', expires_at: null }))
    })
    await store.transaction('b', async (tx) => {
      for (const file of [...late.files, row.file({ expires_at: now + 1 }), row.file()]) await tx.files.insert(file)
      for (const upload of late.uploads) await tx.uploads.insert(upload)
      await tx.uploads.insert(row.upload({ expires_at: now + 1 }))
      await tx.uploads.insert(row.upload({ status: 'completed', expires_at: now }))
      await tx.uploads.insert(row.upload({ status: 'cancelled', expires_at: now }))
      for (const store of late.vectorStores) await tx.vectorStores.insert(store)
      await tx.vectorStores.insert(row.vectorStore({ expires_at: now + 1 }))
      await tx.vectorStores.insert(row.vectorStore())
    })
    const overdue = await store.overdue(now, 10)
    expect(sorted(overdue.runs)).toEqual(late.runs.map(({ id }) => ({ project: 'a', id })))
    expect(sorted(overdue.files)).toEqual(late.files.map(({ id }) => ({ project: 'b', id })))
    expect(sorted(overdue.uploads)).toEqual(late.uploads.map(({ id }) => ({ project: 'b', id })))
    expect(sorted(overdue.vectorStores)).toEqual(late.vectorStores.map(({ id }) => ({ project: 'b', id })))
    const none = { runs: [], files: [], uploads: [], vectorStores: [] }
    expect(await store.overdue(now - 10, 10)).toEqual(none)
    for (const found of Object.values(await store.overdue(now, 1))) expect(found).toHaveLength(1)
  })
}

function sorted(rows: readonly { project: string; id: string }[]) {
  return rows.toSorted((one, other) => (one.id < other.id ? -1 : 1))
}
