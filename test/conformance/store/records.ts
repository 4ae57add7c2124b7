import { expect, test, vi } from 'vitest'
import type { Store } from '../../../src/ports/store.ts'
import { freshId, row } from '../rows.ts'

export function testRecords(store: () => Store): void {
  test('every kind of row comes back as it was inserted, in the transaction and after it', async () => {
    const project = freshId('project')
    const rows = everyKind()
    const inside = await store().transaction(project, async (tx) => {
      await tx.assistants.insert(rows.assistants)
      await tx.threads.insert(rows.threads)
      await tx.messages.insert(rows.messages)
      await tx.runs.insert(rows.runs)
      await tx.steps.insert(rows.steps)
      await tx.files.insert(rows.files)
      await tx.uploads.insert(rows.uploads)
      await tx.uploadParts.insert(rows.uploadParts)
      await tx.vectorStores.insert(rows.vectorStores)
      await tx.fileBatches.insert(rows.fileBatches)
      return await getAll(tx, rows)
    })
    expect(inside).toEqual(rows)
    expect(await getAll(store().read(project), rows)).toEqual(rows)
  })

  test('an id that is not there gives undefined', async () => {
    const rows = everyKind()
    const found = await getAll(store().read(freshId('project')), rows)
    expect(Object.values(found)).toEqual(Object.values(rows).map(() => undefined))
  })

  test('an update changes what it names and nothing else', async () => {
    const project = freshId('project')
    const step = row.step({ usage: '{"total_tokens":7}' })
    const other = row.step()
    const changed = await store().transaction(project, async (tx) => {
      await tx.steps.insert(step)
      await tx.steps.insert(other)
      return await tx.steps.update(step.id, { status: 'completed', body: '{"new":true}' })
    })
    expect(changed).toBe(true)
    expect(await store().read(project).steps.get(step.id)).toEqual({
      ...step,
      status: 'completed',
      body: '{"new":true}',
    })
    expect(await store().read(project).steps.get(other.id)).toEqual(other)
    await store().transaction(project, (tx) => tx.steps.update(step.id, { usage: null, turn: 3 }))
    expect(await store().read(project).steps.get(step.id)).toMatchObject({ usage: null, turn: 3, status: 'completed' })
  })

  test('update and remove say whether there was such a row', async () => {
    const project = freshId('project')
    const file = row.file()
    await store().transaction(project, async (tx) => {
      await tx.files.insert(file)
      expect(await tx.files.update('file_missing', { purpose: 'vision' })).toBe(false)
      expect(await tx.files.update('file_missing', {})).toBe(false)
      expect(await tx.files.update(file.id, {})).toBe(true)
      expect(await tx.files.remove('file_missing')).toBe(false)
      expect(await tx.files.remove(file.id)).toBe(true)
      expect(await tx.files.remove(file.id)).toBe(false)
      expect(await tx.files.get(file.id)).toBeUndefined()
    })
    expect(await store().read(project).files.get(file.id)).toBeUndefined()
  })

  test('an id that exists in a project cannot be inserted again', async () => {
    const project = freshId('project')
    const thread = row.thread()
    await store().transaction(project, (tx) => tx.threads.insert(thread))
    await expect(store().transaction(project, (tx) => tx.threads.insert(thread))).rejects.toThrow()
    expect(await store().read(project).threads.get(thread.id)).toEqual(thread)
  })

  test('steps and upload parts are gathered in the order in which they were inserted', async () => {
    const project = freshId('project')
    const upload_id = freshId('upload')
    const run_id = freshId('run')
    const steps = [row.step({ run_id }), row.step({ run_id }), row.step({ run_id })]
    const parts = [row.uploadPart({ upload_id }), row.uploadPart({ upload_id })]
    await store().transaction(project, async (tx) => {
      for (const step of steps) await tx.steps.insert(step)
      await tx.steps.insert(row.step({ run_id: 'run_other' }))
      for (const part of parts) await tx.uploadParts.insert(part)
      await tx.uploadParts.insert(row.uploadPart({ upload_id: 'upload_other' }))
      expect(await tx.steps.ofRun(run_id)).toEqual(steps)
      expect(await tx.uploadParts.ofUpload(upload_id)).toEqual(parts)
    })
    expect(await store().read(project).steps.ofRun(run_id)).toEqual(steps)
  })

  test('reading parses no stored text', async () => {
    const project = freshId('project')
    const message = row.message()
    await store().transaction(project, (tx) => tx.messages.insert(message))
    const parse = vi.spyOn(JSON, 'parse')
    try {
      await store().read(project).messages.get(message.id)
      await store().read(project).messages.list({ thread_id: message.thread_id }, { limit: 20, order: 'desc' })
      expect(parse).not.toHaveBeenCalled()
    } finally {
      parse.mockRestore()
    }
  })
}

function everyKind() {
  return {
    assistants: row.assistant(),
    threads: row.thread(),
    messages: row.message({ run_id: 'run_1', citations: '[{"quote":"ä"}]' }),
    runs: row.run({ thread_id: freshId('thread'), status: 'queued', details: '{"a":1}', expires_at: 1_700_000_600 }),
    steps: row.step({ usage: '{"total_tokens":1}', turn: 2, full: '{"all":true}', details: '[]' }),
    files: row.file({ expires_at: 1_700_000_600 }),
    uploads: row.upload(),
    uploadParts: row.uploadPart({ bytes: 8 * 1024 ** 3 }),
    vectorStores: row.vectorStore({ expires_at: 1_700_000_600 }),
    fileBatches: row.fileBatch({ vector_store_id: 'vs_1' }),
  }
}

type Kinds = ReturnType<typeof everyKind>
type Getters = { [Kind in keyof Kinds]: { get(id: string): Promise<Kinds[Kind] | undefined> } }

async function getAll(from: Getters, rows: Kinds) {
  return {
    assistants: await from.assistants.get(rows.assistants.id),
    threads: await from.threads.get(rows.threads.id),
    messages: await from.messages.get(rows.messages.id),
    runs: await from.runs.get(rows.runs.id),
    steps: await from.steps.get(rows.steps.id),
    files: await from.files.get(rows.files.id),
    uploads: await from.uploads.get(rows.uploads.id),
    uploadParts: await from.uploadParts.get(rows.uploadParts.id),
    vectorStores: await from.vectorStores.get(rows.vectorStores.id),
    fileBatches: await from.fileBatches.get(rows.fileBatches.id),
  }
}
