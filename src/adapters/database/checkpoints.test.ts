import { stat } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { row } from '../../../test/conformance/rows.ts'
import { sqliteDatabase } from '../../../test/conformance/sqlite-database.ts'

const megabyte = 1024 ** 2

test('the log stays short under writing without a pause, and nothing of it is lost', async () => {
  await using database = await sqliteDatabase()
  const store = await database.open()
  const body = 'x'.repeat(megabyte / 16)
  let longest = 0
  const ids: string[] = []
  for (let round = 0; round < 80; round++) {
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        const thread = row.thread({ body })
        await store.transaction('project', (tx) => tx.threads.insert(thread))
        ids.push(thread.id)
      }),
    )
    longest = Math.max(longest, (await stat(`${database.path}-wal`)).size)
  }
  expect(longest).toBeGreaterThan(4 * megabyte)
  expect(longest).toBeLessThan(48 * megabyte) // 80 MB were written
  const reopened = await database.open()
  for (const id of ids) expect((await reopened.read('project').threads.get(id))?.body).toBe(body)
})
