import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { row } from '../../../test/conformance/rows.ts'
import { sqliteDatabase } from '../../../test/conformance/sqlite-database.ts'
import { first } from './migrations/0001-first.ts'

const due = 1_700_000_000_000

test('a database of the first version keeps what it has', async () => {
  await using database = await sqliteDatabase()
  makeFirstVersion(database.path)
  const store = await database.open()
  const { assistants, threads, messages, runs, steps, files, uploads, uploadParts } = store.read('old')
  expect(await assistants.get('asst_1')).toEqual({ id: 'asst_1', body: '{"n":1}' })
  expect(await threads.get('thread_1')).toEqual({ id: 'thread_1', body: '{"n":2}' })
  const inThread = { thread_id: 'thread_1', run_id: 'run_1' }
  expect(await messages.get('msg_1')).toEqual({ id: 'msg_1', body: '{"n":3}', ...inThread, citations: null })
  const run = { thread_id: 'thread_1', status: 'in_progress', expires_at: 1_800_000_000, details: '{}' }
  expect(await runs.get('run_1')).toEqual({ id: 'run_1', body: '{"n":4}', ...run })
  const step = { ...inThread, status: 'completed', turn: 2, usage: '{}', full: null, details: null }
  expect(await steps.get('step_1')).toEqual({ id: 'step_1', body: '{"n":5}', ...step })
  const file = { purpose: 'assistants', expires_at: null }
  expect(await files.get('file-1')).toEqual({ id: 'file-1', body: '{"n":6}', ...file })
  const upload = { status: 'pending', expires_at: 1_800_000_000, details: '{"parts":[]}' }
  expect(await uploads.get('upload_1')).toEqual({ id: 'upload_1', body: '{"n":7}', ...upload })
  const part = { upload_id: 'upload_1', bytes: 9 }
  expect(await uploadParts.get('part_1')).toEqual({ id: 'part_1', body: '{"n":8}', ...part })
  const page = { limit: 5, order: 'asc' } as const
  expect(await messages.list({ thread_id: 'thread_1' }, page)).toMatchObject({ items: [{ id: 'msg_1' }] })
  expect(await steps.list({ run_id: 'run_1' }, page, { full: true })).toMatchObject({ items: [{ id: 'step_1' }] })
})

test('its jobs are claimed as before: the oldest first, those that were under way included', async () => {
  await using database = await sqliteDatabase()
  makeFirstVersion(database.path)
  const { queue, transaction } = await database.open()
  expect(await queue.depth()).toEqual({ waiting: 4, leased: 0 })
  const late = { id: 'job_late', kind: 'execute_run', subject: 'run_9', runAt: 0 }
  await transaction('old', (tx) => tx.jobs.add(late))
  const lease = { owner: 'me', until: due + 1 }
  const claimed: string[] = []
  for (let round = 0; round < 6; round++) {
    const jobs = await queue.claim({ kinds: ['execute_run'], lease, now: due, limit: 1 })
    claimed.push(...jobs.map((job) => job.id))
    if (round === 1) expect(jobs, 'it had been tried before').toMatchObject([{ subject: 'run_2', attempts: 2 }])
  }
  expect(claimed).toEqual(['job_1', 'job_2', 'job_3', 'job_late'])
})

test('it takes vector stores, and is no other the next time it is opened', async () => {
  await using database = await sqliteDatabase()
  makeFirstVersion(database.path)
  const { id } = row.vectorStore()
  const before = await database.open()
  await before.transaction('old', async (tx) => {
    await tx.vectorStores.insert(row.vectorStore({ id }))
    await tx.vectorStoreFiles.insert(row.vectorStoreFile({ id: 'file-1', vector_store_id: id, status: 'completed' }))
    await tx.segments.put(row.segment({ vector_store_id: id, file_id: 'file-1' }))
  })
  const after = await database.open()
  expect(await after.segments.live('old', [id])).toMatchObject([{ file_id: 'file-1' }])
  expect(await after.read('old').assistants.get('asst_1')).toBeDefined()
})

/** A database as the first version left it: a row of each kind, and jobs of which one was under way. */
function makeFirstVersion(path: string): void {
  const database = new DatabaseSync(path)
  database.exec(`
    pragma journal_mode = wal;
    ${first.sqlite};
    pragma user_version = 1;
    insert into assistants (project, id, body) values ('old', 'asst_1', '{"n":1}');
    insert into threads (project, id, body) values ('old', 'thread_1', '{"n":2}');
    insert into messages (project, id, thread_id, run_id, body) values ('old', 'msg_1', 'thread_1', 'run_1', '{"n":3}');
    insert into runs (project, id, thread_id, status, expires_at, body)
      values ('old', 'run_1', 'thread_1', 'in_progress', 1800000000, '{"n":4}');
    insert into run_steps (project, id, thread_id, run_id, status, turn, usage, body)
      values ('old', 'step_1', 'thread_1', 'run_1', 'completed', 2, '{}', '{"n":5}');
    insert into files (project, id, purpose, body) values ('old', 'file-1', 'assistants', '{"n":6}');
    insert into uploads (project, id, status, expires_at, details, body)
      values ('old', 'upload_1', 'pending', 1800000000, '{"parts":[]}', '{"n":7}');
    insert into upload_parts (project, id, upload_id, bytes, body) values ('old', 'part_1', 'upload_1', 9, '{"n":8}');
    insert into jobs (project, id, kind, subject, run_at, attempts, lease_owner, lease_until) values
      ('old', 'job_1', 'execute_run', 'run_1', 0, 0, null, null),
      ('old', 'job_2', 'execute_run', 'run_2', 0, 1, 'gone', ${due + 30_000}),
      ('old', 'job_rests', 'execute_run', 'run_4', ${due + 60_000}, 1, null, null),
      ('old', 'job_3', 'execute_run', 'run_3', ${due}, 0, null, null)`)
  database.close()
}
