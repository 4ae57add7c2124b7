import { expect, test } from 'vitest'
import type { Store } from '../../../src/ports/store.ts'
import { UnknownCursor } from '../../../src/ports/store.ts'
import { freshId, row } from '../rows.ts'

const page = { limit: 20, order: 'desc' } as const

export function testProjects(store: () => Store): void {
  test('no reading method shows a row of another project', async () => {
    const { project, rows } = await filledProject(store())
    const foreign = freshId('project')
    const stranger = store().read(foreign)
    const { thread_id, run_id } = rows.step
    const { vector_store_id } = rows.storeFile
    expect(await stranger.assistants.get(rows.assistant.id)).toBeUndefined()
    expect(await stranger.threads.get(rows.thread.id)).toBeUndefined()
    expect(await stranger.messages.get(rows.message.id)).toBeUndefined()
    expect(await stranger.runs.get(rows.run.id)).toBeUndefined()
    expect(await stranger.steps.get(rows.step.id)).toBeUndefined()
    expect(await stranger.files.get(rows.file.id)).toBeUndefined()
    expect(await stranger.uploads.get(rows.upload.id)).toBeUndefined()
    expect(await stranger.uploadParts.get(rows.uploadPart.id)).toBeUndefined()
    expect(await stranger.vectorStores.get(vector_store_id)).toBeUndefined()
    expect(await stranger.vectorStoreFiles.get(vector_store_id, rows.storeFile.id)).toBeUndefined()
    expect(await stranger.vectorStoreFiles.segmentOf(vector_store_id, rows.storeFile.id)).toBeUndefined()
    expect(await stranger.fileBatches.get(rows.fileBatch.id)).toBeUndefined()
    expect(await stranger.interpreters.get(thread_id)).toBeUndefined()
    const empty = { items: [], has_more: false }
    expect(await stranger.assistants.list({}, page)).toEqual(empty)
    expect(await stranger.messages.list({ thread_id }, page)).toEqual(empty)
    expect(await stranger.runs.list({ thread_id }, page)).toEqual(empty)
    expect(await stranger.steps.list({ run_id }, page, { full: true })).toEqual(empty)
    expect(await stranger.files.list({}, page)).toEqual(empty)
    expect(await stranger.vectorStores.list({}, page)).toEqual(empty)
    expect(await stranger.vectorStoreFiles.list({ vector_store_id }, page)).toEqual(empty)
    expect(await stranger.steps.ofRun(run_id)).toEqual([])
    expect(await stranger.messages.newest(thread_id, { exceptRun: 'none', limit: 5 })).toEqual([])
    await expect(stranger.assistants.list({}, { ...page, after: rows.assistant.id })).rejects.toThrow(UnknownCursor)
    expect(await store().segments.live(foreign, [vector_store_id])).toEqual([])
    expect(await store().segments.live(project, [vector_store_id])).toMatchObject([{ id: rows.segment.id }])
  })

  test('no method of a transaction reads or changes a row of another project', async () => {
    const { project, rows, job } = await filledProject(store())
    const { thread_id, run_id } = rows.step
    const { vector_store_id } = rows.storeFile
    await store().transaction(freshId('project'), async (tx) => {
      expect(await tx.assistants.get(rows.assistant.id)).toBeUndefined()
      expect(await tx.threads.get(rows.thread.id)).toBeUndefined()
      expect(await tx.threads.lock(rows.thread.id)).toBeUndefined()
      expect(await tx.runs.get(rows.run.id)).toBeUndefined()
      expect(await tx.runs.activeOn(thread_id)).toBeUndefined()
      expect(await tx.steps.ofRun(run_id)).toEqual([])
      expect(await tx.uploadParts.ofUpload(rows.uploadPart.upload_id)).toEqual([])
      expect(await tx.assistants.mentioning('file_mentioned')).toEqual([])
      expect(await tx.threads.mentioning('file_mentioned')).toEqual([])
      const change = { from: ['queued'], to: 'failed', body: 'x', expires_at: null } as const
      expect(await tx.runs.transition(rows.run.id, change)).toBe(false)
      for (const [kind, { id }] of [
        ['assistants', rows.assistant],
        ['threads', rows.thread],
        ['messages', rows.message],
        ['steps', rows.step],
        ['files', rows.file],
        ['uploads', rows.upload],
        ['uploadParts', rows.uploadPart],
        ['vectorStores', rows.vectorStore],
        ['fileBatches', rows.fileBatch],
      ] as const) {
        expect(await tx[kind].update(id, { body: 'x' })).toBe(false)
        expect(await tx[kind].remove(id)).toBe(false)
      }
      const { id: file_id, batch_id } = rows.storeFile
      expect(await tx.vectorStoreFiles.get(vector_store_id, file_id)).toBeUndefined()
      expect(await tx.vectorStoreFiles.update(vector_store_id, file_id, { body: 'x' })).toBe(false)
      expect(await tx.vectorStoreFiles.remove(vector_store_id, file_id)).toBe(false)
      expect(await tx.vectorStoreFiles.holding(file_id)).toEqual([])
      expect(await tx.vectorStoreFiles.openOfBatch(batch_id ?? '')).toEqual([])
      await tx.vectorStoreFiles.removeAll(vector_store_id)
      await tx.segments.removeAll(vector_store_id)
      expect(await tx.jobs.held(job.id, 'owner')).toBe(false)
      expect(await tx.jobs.complete(job.id, 'owner')).toBe(false)
      await tx.jobs.removeAbout(job.subject)
      await tx.interpreters.put({ ...rows.interpreter, files: 'x' })
    })
    await store().transaction(project, async (tx) => {
      expect(await tx.threads.get(rows.thread.id)).toEqual(rows.thread)
      expect(await tx.messages.get(rows.message.id)).toEqual(rows.message)
      expect(await tx.runs.get(rows.run.id)).toEqual(rows.run)
      expect(await tx.vectorStoreFiles.get(vector_store_id, rows.storeFile.id)).toEqual(rows.storeFile)
      expect(await tx.jobs.held(job.id, 'owner')).toBe(true)
    })
    expect(await store().read(project).interpreters.get(rows.thread.id)).toEqual(rows.interpreter)
    expect(await store().segments.live(project, [vector_store_id])).toMatchObject([{ id: rows.segment.id }])
  })

  test('two projects may each have an active run on a thread of the same name', async () => {
    const thread_id = freshId('thread')
    for (const project of [freshId('project'), freshId('project')]) {
      const run = row.run({ thread_id, status: 'queued' })
      await store().transaction(project, (tx) => tx.runs.insert(run))
      expect(await store().transaction(project, (tx) => tx.runs.activeOn(thread_id))).toEqual(run)
    }
  })
}

/** A project with one row of each kind and a job under the lease of `owner`. */
async function filledProject(store: Store) {
  const project = freshId('project')
  const mention = '{"tool_resources":{"code_interpreter":{"file_ids":["file_mentioned"]}}}'
  const assistant = row.assistant({ body: mention })
  const thread = row.thread({ body: mention })
  const run = row.run({ thread_id: thread.id, status: 'queued', expires_at: 1_800_000_000 })
  const message = row.message({ thread_id: thread.id })
  const step = row.step({ thread_id: thread.id, run_id: run.id })
  const [file, upload] = [row.file(), row.upload()]
  const uploadPart = row.uploadPart({ upload_id: upload.id })
  const [vectorStore, fileBatch] = [row.vectorStore(), row.fileBatch()]
  const within = { vector_store_id: vectorStore.id, batch_id: fileBatch.id }
  const storeFile = row.vectorStoreFile({ ...within, status: 'completed' })
  const segment = row.segment({ vector_store_id: vectorStore.id, file_id: storeFile.id })
  const interpreter = row.interpreter({ thread_id: thread.id })
  const lease = { owner: 'owner', until: 1_700_000_030_000 }
  const job = { id: freshId('job'), kind: 'test', subject: run.id, runAt: 0, lease }
  await store.transaction(project, async (tx) => {
    await tx.assistants.insert(assistant)
    await tx.threads.insert(thread)
    await tx.messages.insert(message)
    await tx.runs.insert(run)
    await tx.steps.insert(step)
    await tx.files.insert(file)
    await tx.uploads.insert(upload)
    await tx.uploadParts.insert(uploadPart)
    await tx.vectorStores.insert(vectorStore)
    await tx.vectorStoreFiles.insert(storeFile)
    await tx.fileBatches.insert(fileBatch)
    await tx.segments.put(segment)
    await tx.interpreters.put(interpreter)
    await tx.jobs.add(job)
  })
  const inThread = { assistant, thread, message, run, step, interpreter }
  return {
    project,
    job,
    rows: { ...inThread, file, upload, uploadPart, vectorStore, storeFile, fileBatch, segment },
  }
}
