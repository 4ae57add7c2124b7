import { expect, test } from 'vitest'
import type { Store } from '../../../src/ports/store.ts'
import { freshId, row } from '../rows.ts'

export function testInterpreters(store: () => Store): void {
  test('what is kept of a thread comes back, and is replaced as a whole', async () => {
    const project = freshId('project')
    const [first, other] = [row.interpreter(), row.interpreter()]
    const { interpreters } = store().read(project)
    expect(await interpreters.get(first.thread_id)).toBeUndefined()
    await store().transaction(project, async (tx) => {
      for (const each of [first, other]) await tx.interpreters.put(each)
    })
    expect(await interpreters.get(first.thread_id)).toEqual(first)
    const second = { ...first, files: '{}', used_at: first.used_at + 60, node: 'node_1' }
    await store().transaction(project, (tx) => tx.interpreters.put(second))
    expect(await interpreters.get(first.thread_id)).toEqual(second)
    expect(await interpreters.get(other.thread_id)).toEqual(other)
  })
}
