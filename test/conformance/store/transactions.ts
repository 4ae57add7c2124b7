import { expect, test } from 'vitest'
import type { Store } from '../../../src/ports/store.ts'
import { freshId, row } from '../rows.ts'
import type { CreateDatabase } from '../test-database.ts'

export function testTransactions(store: () => Store, create: CreateDatabase): void {
  test('answers what its work answers', async () => {
    expect(await store().transaction(freshId('project'), async () => 42)).toBe(42)
  })

  test('a transaction that rejects leaves nothing behind, and the others of its moment stand', async () => {
    const project = freshId('project')
    const threads = Array.from({ length: 9 }, () => row.thread())
    const outcomes = await Promise.allSettled(
      threads.map((thread, index) =>
        store().transaction(project, async (tx) => {
          await tx.threads.insert(thread)
          await tx.messages.insert(row.message({ id: `${thread.id}_message`, thread_id: thread.id }))
          if (index % 3 === 1) throw new Error('changed my mind')
        }),
      ),
    )
    for (const [index, thread] of threads.entries()) {
      const failed = index % 3 === 1
      expect(outcomes[index]?.status).toBe(failed ? 'rejected' : 'fulfilled')
      expect(await store().read(project).threads.get(thread.id)).toEqual(failed ? undefined : thread)
      const message = await store().read(project).messages.get(`${thread.id}_message`)
      expect(message === undefined).toBe(failed)
    }
  })

  test('a statement that fails undoes its whole transaction', async () => {
    const project = freshId('project')
    const [thread, later] = [row.thread(), row.thread()]
    await store().transaction(project, (tx) => tx.threads.insert(thread))
    await expect(
      store().transaction(project, async (tx) => {
        await tx.threads.insert(later)
        await tx.threads.insert(thread)
      }),
    ).rejects.toThrow()
    expect(await store().read(project).threads.get(later.id)).toBeUndefined()
  })

  test('rejects with the very error of its work', async () => {
    const error = new Error('mine')
    await expect(store().transaction(freshId('project'), () => Promise.reject(error))).rejects.toBe(error)
    await expect(
      store().transaction(freshId('project'), () => {
        throw error
      }),
    ).rejects.toBe(error)
  })

  test('each sees what those before it did, and readers see nothing before the end', async () => {
    const project = freshId('project')
    const thread = row.thread({ body: '0' })
    await store().transaction(project, (tx) => tx.threads.insert(thread))
    const seenOutside: (string | undefined)[] = []
    await Promise.all(
      Array.from({ length: 20 }, () =>
        store().transaction(project, async (tx) => {
          const count = Number((await tx.threads.lock(thread.id))?.body)
          await tx.threads.update(thread.id, { body: String(count + 1) })
        }),
      ),
    )
    await store().transaction(project, async (tx) => {
      await tx.threads.update(thread.id, { body: 'unfinished' })
      seenOutside.push((await store().read(project).threads.get(thread.id))?.body)
    })
    seenOutside.push((await store().read(project).threads.get(thread.id))?.body)
    expect(seenOutside).toEqual(['20', 'unfinished'])
  })

  test('a transaction that has ended can do nothing more', async () => {
    const project = freshId('project')
    const thread = row.thread()
    const ended = await store().transaction(project, async (tx) => ({ tx }))
    await expect(ended.tx.threads.insert(thread)).rejects.toThrow()
    await expect(ended.tx.threads.get(thread.id)).rejects.toThrow()
    expect(await store().read(project).threads.get(thread.id)).toBeUndefined()
  })

  test('one that is started when another resolves is carried out as well', async () => {
    const project = freshId('project')
    for (let round = 0; round < 50; round++) {
      await store().transaction(project, (tx) => tx.assistants.insert(row.assistant()))
    }
    const { items } = await store().read(project).assistants.list({}, { limit: 100, order: 'asc' })
    expect(items).toHaveLength(50)
  })

  test('what was committed is there when the database is opened again', async () => {
    await using database = await create()
    const thread = row.thread()
    const first = await database.open()
    await first.transaction('project', (tx) => tx.threads.insert(thread))
    await first.close()
    const second = await database.open()
    expect(await second.read('project').threads.get(thread.id)).toEqual(thread)
    await second.check()
  })

  test('closing waits for what was begun; afterwards nothing can be written and the check fails', async () => {
    await using database = await create()
    const thread = row.thread()
    const first = await database.open()
    const begun = first.transaction('project', (tx) => tx.threads.insert(thread))
    await first.close()
    await begun
    await expect(first.transaction('project', (tx) => tx.threads.insert(row.thread()))).rejects.toThrow()
    await expect(first.check()).rejects.toThrow()
    const second = await database.open()
    expect(await second.read('project').threads.get(thread.id)).toEqual(thread)
  })
}
