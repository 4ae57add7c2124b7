import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { migrate } from './migrate.ts'
import { compileQueries } from './queries.ts'

const database = new DatabaseSync(':memory:')
migrate(database)
const queries = compileQueries('sqlite')

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
  ['overdue runs', queries.overdue.runs, 'runs_expiring'],
  ['overdue files', queries.overdue.files, 'files_expiring'],
  ['overdue uploads', queries.overdue.uploads, 'uploads_expiring'],
])('%s are found along an index, in its order', (_, query, index) => {
  const plan = database
    .prepare(`explain query plan ${query.text}`)
    .all()
    .map((step) => String(step.detail))
  expect(plan).toHaveLength(1)
  expect(plan[0]).toMatch(new RegExp(`^SEARCH .* USING (COVERING )?INDEX ${index} `))
})
