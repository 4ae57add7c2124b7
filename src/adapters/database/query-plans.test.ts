import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { migrate } from './migrate.ts'
import { compileQueries } from './queries.ts'

const database = new DatabaseSync(':memory:')
migrate(database)
const queries = compileQueries('sqlite')
const storeFiles = queries.vectorStoreFiles

test.each([
  ['assistants', queries.assistants.ascending('project'), 'assistants_list'],
  ['assistants, newest first', queries.assistants.descending('project'), 'assistants_list'],
  ['messages', queries.messages.descending('project,thread_id'), 'messages_list'],
  ['messages of a run', queries.messages.ascending('project,thread_id,run_id'), 'messages_of_run'],
  ['newest messages', queries.messages.newest, 'messages_list'],
  ['runs', queries.runs.descending('project,thread_id'), 'runs_list'],
  ['active run', queries.runs.activeOn, 'runs_active'],
  ['steps', queries.steps.descending('project,run_id'), 'run_steps_list'],
  ['steps of a run', queries.steps.ofRun, 'run_steps_list'],
  ['files', queries.files.descending('project'), 'files_list'],
  ['files for a purpose', queries.files.ascending('project,purpose'), 'files_by_purpose'],
  ['upload parts', queries.uploadParts.ofUpload, 'upload_parts_list'],
  ['assistants with a file', queries.assistants.mentioning, 'assistants_with_files'],
  ['threads with a file', queries.threads.mentioning, 'threads_with_files'],
  ['vector stores', queries.vectorStores.descending('project'), 'vector_stores_list'],
  ['files of a store', storeFiles.descending('project,vector_store_id'), 'vector_store_files_list'],
  ['its files by status', storeFiles.ascending('project,vector_store_id,status'), 'vector_store_files_by_status'],
  ['files of a batch', storeFiles.ascending('project,vector_store_id,batch_id'), 'vector_store_files_in_batch'],
  [
    'its files by status',
    storeFiles.descending('project,vector_store_id,batch_id,status'),
    'vector_store_files_in_batch_by_status',
  ],
  ['open files of a batch', storeFiles.openOfBatch, 'vector_store_files_in_batch_by_status'],
  ['stores that hold a file', storeFiles.holding, 'vector_store_files_holding'],
  ['segments of other spaces', queries.segments.outside, 'sqlite_autoindex_segments_1'],
  ['overdue vector stores', queries.overdue.vectorStores, 'vector_stores_expiring'],
  ['overdue runs', queries.overdue.runs, 'runs_expiring'],
  ['overdue files', queries.overdue.files, 'files_expiring'],
  ['overdue uploads', queries.overdue.uploads, 'uploads_expiring'],
])('%s are found along an index, in its order', (_, query, index) => {
  const steps = plan(query)
  expect(steps).toHaveLength(1)
  expect(steps[0]).toMatch(new RegExp(`^SEARCH .* USING (COVERING )?INDEX ${index} `))
})

test.each([
  [
    'the interpreter of a thread',
    queries.interpreters.get,
    'sqlite_autoindex_interpreters_1 (project=? AND thread_id=?)',
  ],
  ['a file of a store', storeFiles.get, 'sqlite_autoindex_vector_store_files_1 (vector_store_id=? AND id=?)'],
  ['a cursor', storeFiles.place('project,vector_store_id,batch_id,status'), 'sqlite_autoindex_vector_store_files_1 '],
  ['the segment of a file', queries.segments.idOf, 'sqlite_autoindex_segments_2 (vector_store_id=? AND file_id=?)'],
])('%s is found along an index', (_, query, index) => {
  const steps = plan(query)
  expect(steps).toHaveLength(1)
  expect(steps[0]).toContain(`INDEX ${index}`)
})

test('live segments are listed from indexes and small rows alone', () => {
  const { searchable, live } = queries.liveSegments
  expect(plan(searchable).at(-1)).toContain('USING INDEX sqlite_autoindex_vector_stores_1 (id=?)')
  expect(plan(live)).toEqual([
    'SEARCH files USING COVERING INDEX vector_store_files_live (project=? AND vector_store_id=?)',
    'SEARCH segments USING INDEX sqlite_autoindex_segments_2 (vector_store_id=? AND file_id=?)',
  ])
})

test('segments are loaded along indexes, and their bytes are not sorted', () => {
  const { headers, pieces } = queries.segments
  expect(plan(headers).at(-1)).toContain('USING INDEX sqlite_autoindex_segments_1 (id=?)')
  expect(plan(pieces).at(-1)).toContain('(segment_id=? AND place>? AND place<?)')
  for (const query of [headers, pieces]) expect(plan(query).join()).not.toContain('TEMP B-TREE')
})

test('claiming meets neither the jobs of other kinds nor all that wait', () => {
  const steps = plan(queries.jobs.claim).filter((step) => /^(SCAN|SEARCH) jobs/.test(step))
  expect(steps).toContain('SEARCH jobs USING INDEX jobs_waiting (kind=? AND project=?)')
  for (const step of steps) expect(step).toMatch(/PRIMARY KEY|INDEX jobs_(in_lane|waiting|leased) \(kind=\?/)
  for (const query of [queries.jobs.add, queries.jobs.addHeld, queries.jobs.due]) {
    for (const step of plan(query)) expect(step).not.toMatch(/^SCAN jobs/)
  }
})

function plan({ text }: { text: string }): string[] {
  return database
    .prepare(`explain query plan ${text}`)
    .all()
    .map((step) => String(step.detail))
}
