import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noPostgres, type PostgresServer, startPostgres } from '../../../test/support/postgres.ts'
import { compileQueries } from './queries.ts'
import type { Query } from './query.ts'

const queries = compileQueries('postgres')
const storeFiles = queries.vectorStoreFiles
type Any = Pick<Query<never, unknown>, 'text' | 'name' | 'names'>

describe.skipIf(noPostgres)(noPostgres ?? 'plans on Postgres', () => {
  let server: PostgresServer
  let client: pg.Client
  beforeAll(async () => {
    server = await startPostgres()
    client = new pg.Client({ connectionString: await server.create() })
    await client.connect()
    // Which way there is, whatever the tables hold: nothing is sorted or read whole that need not be.
    await client.query('set enable_seqscan = off; set enable_bitmapscan = off; set enable_sort = off')
    await client.query('set plan_cache_mode = force_generic_plan')
  })
  afterAll(async () => {
    await client.end()
    await server[Symbol.asyncDispose]()
  })

  test.each<[string, Any, string]>([
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
    ['vector stores', queries.vectorStores.descending('project'), 'vector_stores_list'],
    ['files of a store', storeFiles.descending('project,vector_store_id'), 'vector_store_files_list'],
    ['its files by status', storeFiles.ascending('project,vector_store_id,status'), 'vector_store_files_by_status'],
    ['files of a batch', storeFiles.ascending('project,vector_store_id,batch_id'), 'vector_store_files_in_batch'],
    ['open files of a batch', storeFiles.openOfBatch, 'vector_store_files_in_batch_by_status'],
    ['segments of other spaces', queries.segments.outside, 'segments_by_id'],
    ['dropped segments', queries.segments.dropped, 'segments_dropped'],
    ['overdue vector stores', queries.overdue.vectorStores, 'vector_stores_expiring'],
    ['overdue runs', queries.overdue.runs, 'runs_expiring'],
    ['overdue files', queries.overdue.files, 'files_expiring'],
    ['overdue uploads', queries.overdue.uploads, 'uploads_expiring'],
    ['a message', queries.messages.get, 'messages_pkey'],
    ['the segment of a file', queries.segments.idOf, 'segments_of_file'],
    ['the interpreter of a thread', queries.interpreters.get, 'interpreters_pkey'],
  ])('%s are found along an index, in its order', async (_, query, index) => {
    const steps = await plan(query)
    expect(steps.filter((step) => step.includes('Scan'))).toHaveLength(1)
    expect(steps.join('\n')).toMatch(new RegExp(`Index (Only )?Scan (Backward )?using ${index} `))
    expect(steps.join('\n')).not.toContain('Sort')
  })

  test('claiming meets neither the jobs of other kinds nor all that wait', async () => {
    for (const query of [queries.jobs.claim, queries.jobs.due, queries.jobs.add]) {
      const steps = await plan(query)
      expect(steps.filter((step) => step.includes('Seq Scan'))).toEqual([])
      const conditions = steps.filter((step) => step.includes('Index Cond') && !step.includes('seq = ANY'))
      for (const condition of conditions) expect(condition).toContain('kind = ')
    }
  })

  test('live segments and their bytes are found along indexes', async () => {
    const { live, searchable } = queries.liveSegments
    const { headers, pieces, removePieces, removeDropped } = queries.segments
    for (const query of [live, searchable, headers, pieces, removePieces, removeDropped]) {
      expect((await plan(query)).filter((step) => step.includes('Seq Scan'))).toEqual([])
    }
  })

  async function plan({ text, name, names }: Any): Promise<string[]> {
    await client.query(`prepare "${name}" as ${text}`)
    const nothing = names.map(() => 'null').join()
    const { rows } = await client.query(`explain (costs off) execute "${name}"${nothing && ` (${nothing})`}`)
    return rows.map((row) => String(row['QUERY PLAN']))
  }
})
