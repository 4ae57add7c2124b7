import { expect, test } from 'vitest'
import { runStatus } from '../../../src/api/run.ts'
import type { Store } from '../../../src/ports/store.ts'
import { ActiveRunExists } from '../../../src/ports/store.ts'
import { freshId, row } from '../rows.ts'

const active = ['queued', 'in_progress', 'requires_action', 'cancelling']

export function testRuns(store: () => Store): void {
  test.each(runStatus.options)('a run that is %s holds its thread or leaves it free', async (status) => {
    const project = freshId('project')
    const thread_id = freshId('thread')
    const run = row.run({ thread_id, status })
    const next = row.run({ thread_id, status: 'queued' })
    await store().transaction(project, (tx) => tx.runs.insert(run))
    const inserting = store().transaction(project, (tx) => tx.runs.insert(next))
    if (active.includes(status)) {
      await expect(inserting).rejects.toThrow(ActiveRunExists)
      await expect(inserting).rejects.toMatchObject({ thread_id })
      expect(await store().transaction(project, (tx) => tx.runs.activeOn(thread_id))).toEqual(run)
    } else {
      await inserting
      expect(await store().transaction(project, (tx) => tx.runs.activeOn(thread_id))).toEqual(next)
    }
  })

  test('of many runs started at once on one thread, one is', async () => {
    const project = freshId('project')
    const thread_id = freshId('thread')
    const started = await Promise.allSettled(
      Array.from({ length: 8 }, () =>
        store().transaction(project, (tx) => tx.runs.insert(row.run({ thread_id, status: 'queued' }))),
      ),
    )
    expect(started.filter((each) => each.status === 'fulfilled')).toHaveLength(1)
    expect(started.filter((each) => each.status === 'rejected' && each.reason instanceof ActiveRunExists)).toHaveLength(
      7,
    )
  })

  test('a transition happens only from the named statuses', async () => {
    const project = freshId('project')
    const thread_id = freshId('thread')
    const run = row.run({ thread_id, status: 'in_progress', expires_at: 1_700_000_600 })
    await store().transaction(project, async (tx) => {
      await tx.runs.insert(run)
      const change = { to: 'completed', body: '{"done":true}', expires_at: null } as const
      expect(await tx.runs.transition(run.id, { ...change, from: ['queued', 'requires_action'] })).toBe(false)
      expect(await tx.runs.transition(run.id, { ...change, from: [] })).toBe(false)
      expect(await tx.runs.transition('run_missing', { ...change, from: ['in_progress'] })).toBe(false)
      expect(await tx.runs.get(run.id)).toEqual(run)
      expect(await tx.runs.transition(run.id, { ...change, from: ['queued', 'in_progress'] })).toBe(true)
      expect(await tx.runs.transition(run.id, { ...change, from: ['queued', 'in_progress'] })).toBe(false)
      expect(await tx.runs.activeOn(thread_id)).toBeUndefined()
    })
    const done = { ...run, status: 'completed', body: '{"done":true}', expires_at: null }
    expect(await store().read(project).runs.get(run.id)).toEqual(done)
  })

  test('a transition to the same status is a guarded update', async () => {
    const project = freshId('project')
    const run = row.run({ thread_id: freshId('thread'), status: 'in_progress' })
    await store().transaction(project, async (tx) => {
      await tx.runs.insert(run)
      const change = { from: ['in_progress'], to: 'in_progress', body: '{"n":2}', expires_at: 5 } as const
      expect(await tx.runs.transition(run.id, change)).toBe(true)
      expect(await tx.runs.get(run.id)).toEqual({ ...run, body: '{"n":2}', expires_at: 5 })
    })
  })

  test('of two that change a run at once, one learns that it came too late', async () => {
    const project = freshId('project')
    const run = row.run({ thread_id: freshId('thread'), status: 'in_progress' })
    await store().transaction(project, (tx) => tx.runs.insert(run))
    const changed = await Promise.all(
      (['completed', 'failed', 'cancelling'] as const).map((to) =>
        store().transaction(project, (tx) =>
          tx.runs.transition(run.id, { from: ['in_progress'], to, body: to, expires_at: null }),
        ),
      ),
    )
    expect(changed.filter(Boolean)).toHaveLength(1)
    const stored = await store().read(project).runs.get(run.id)
    expect(stored?.status).toBe(stored?.body)
  })
}
