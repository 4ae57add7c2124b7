import { expect, test } from 'vitest'
import type { Store } from '../../../src/ports/store.ts'
import { freshId, row } from '../rows.ts'

export function testThreads(store: () => Store): void {
  test('removing a thread takes its messages, runs, steps, jobs and interpreter along, and nothing else', async () => {
    const project = freshId('project')
    const [gone, kept] = [await filledThread(store(), project), await filledThread(store(), project)]
    expect(await store().transaction(project, (tx) => tx.threads.remove(gone.thread.id))).toBe(true)
    const reader = store().read(project)
    expect(await reader.threads.get(gone.thread.id)).toBeUndefined()
    expect(await reader.messages.get(gone.message.id)).toBeUndefined()
    expect(await reader.runs.get(gone.run.id)).toBeUndefined()
    expect(await reader.steps.get(gone.step.id)).toBeUndefined()
    expect(await reader.interpreters.get(gone.thread.id)).toBeUndefined()
    expect(await store().transaction(project, (tx) => tx.jobs.held(gone.job.id, 'owner'))).toBe(false)
    expect(await reader.threads.get(kept.thread.id)).toEqual(kept.thread)
    expect(await reader.messages.get(kept.message.id)).toEqual(kept.message)
    expect(await reader.runs.get(kept.run.id)).toEqual(kept.run)
    expect(await reader.steps.get(kept.step.id)).toEqual(kept.step)
    expect(await reader.interpreters.get(kept.thread.id)).toEqual(kept.interpreter)
    expect(await store().transaction(project, (tx) => tx.jobs.held(kept.job.id, 'owner'))).toBe(true)
  })

  test('lock gives the thread, or undefined when there is none', async () => {
    const project = freshId('project')
    const thread = row.thread()
    await store().transaction(project, async (tx) => {
      expect(await tx.threads.lock(thread.id)).toBeUndefined()
      await tx.threads.insert(thread)
      expect(await tx.threads.lock(thread.id)).toEqual(thread)
    })
  })

  test('the newest messages come newest first, without those of the named run', async () => {
    const project = freshId('project')
    const thread_id = freshId('thread')
    const [first, second, own, fourth] = [
      row.message({ thread_id }),
      row.message({ thread_id, run_id: 'run_other' }),
      row.message({ thread_id, run_id: 'run_own' }),
      row.message({ thread_id }),
    ]
    await store().transaction(project, async (tx) => {
      for (const message of [first, second, own, fourth]) await tx.messages.insert(message)
      await tx.messages.insert(row.message({ thread_id: freshId('thread') }))
    })
    const { messages } = store().read(project)
    expect(await messages.newest(thread_id, { exceptRun: 'run_own', limit: 10 })).toEqual([
      fourth.body,
      second.body,
      first.body,
    ])
    expect(await messages.newest(thread_id, { exceptRun: 'run_own', limit: 2 })).toEqual([fourth.body, second.body])
    expect(await messages.newest(thread_id, { exceptRun: 'run_none', limit: 2 })).toEqual([fourth.body, own.body])
  })

  test('rows that mention a file are found by it', async () => {
    const project = freshId('project')
    const listing = (...ids: string[]) => JSON.stringify({ tool_resources: { code_interpreter: { file_ids: ids } } })
    const [one, both] = [row.thread({ body: listing('file-1') }), row.thread({ body: listing('file-1', 'file-2') })]
    const assistant = row.assistant({ body: listing('file-2') })
    const quoting = row.thread({ body: JSON.stringify({ metadata: { note: listing('file-1') } }) })
    await store().transaction(project, async (tx) => {
      for (const thread of [one, both, quoting, row.thread(), row.thread({ body: listing() })]) {
        await tx.threads.insert(thread)
      }
      await tx.assistants.insert(assistant)
      expect(await tx.threads.mentioning('file-1')).toEqual([one, both])
      expect(await tx.threads.mentioning('file-2')).toEqual([both])
      expect(await tx.assistants.mentioning('file-2')).toEqual([assistant])
      expect(await tx.assistants.mentioning('file-1')).toEqual([])
      await tx.threads.update(both.id, { body: listing() })
      expect(await tx.threads.mentioning('file-2')).toEqual([])
    })
  })
}

async function filledThread(store: Store, project: string) {
  const thread = row.thread()
  const run = row.run({ thread_id: thread.id, status: 'queued', expires_at: 1_800_000_000 })
  const message = row.message({ thread_id: thread.id, run_id: run.id })
  const step = row.step({ thread_id: thread.id, run_id: run.id })
  const interpreter = row.interpreter({ thread_id: thread.id })
  const lease = { owner: 'owner', until: 1_700_000_030_000 }
  const job = { id: freshId('job'), kind: 'test', subject: run.id, runAt: 0, lease }
  await store.transaction(project, async (tx) => {
    await tx.threads.insert(thread)
    await tx.messages.insert(message)
    await tx.runs.insert(run)
    await tx.steps.insert(step)
    await tx.jobs.add(job)
    await tx.interpreters.put(interpreter)
  })
  return { thread, run, message, step, job, interpreter }
}
