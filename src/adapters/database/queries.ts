import { sql } from 'kysely'
import type { StepRow, UploadPartRow } from '../../ports/store.ts'
import type { Dialect } from './dialect.ts'
import { interpreterQueries } from './interpreters.ts'
import { jobQueries } from './jobs.ts'
import { listQueries } from './lists.ts'
import { liveSegmentQueries } from './live-segments.ts'
import { listingQueries } from './lock-order.ts'
import { mentioningQuery } from './mentions.ts'
import { newestMessages } from './messages.ts'
import { overdueQueries } from './overdue.ts'
import { queryCompiler } from './query.ts'
import type { Scoped } from './records.ts'
import { recordQueries } from './records.ts'
import { runQueries } from './runs.ts'
import { segmentQueries } from './segments.ts'
import { columns } from './tables.ts'
import { threadQueries } from './threads.ts'
import { vectorStoreFileQueries } from './vector-store-files.ts'
import { vectorStoreQueries } from './vector-stores.ts'

export type Queries = ReturnType<typeof compileQueries>

/** Every query of the store, as SQL text in one dialect. Made once, when the store is opened. */
export function compileQueries(dialect: Dialect) {
  const compiler = queryCompiler(dialect)
  const { db, query } = compiler
  return {
    assistants: {
      ...recordQueries(compiler, 'assistants', { inOrder: true }),
      ...listQueries(compiler, 'assistants'),
      mentioning: mentioningQuery(compiler, 'assistants'),
    },
    threads: threadQueries(compiler),
    messages: {
      ...recordQueries(compiler, 'messages'),
      ...listQueries(compiler, 'messages'),
      newest: newestMessages(compiler),
    },
    runs: { ...runQueries(compiler), ...listQueries(compiler, 'runs') },
    steps: {
      ...recordQueries(compiler, 'run_steps'),
      ...listQueries(compiler, 'run_steps'),
      full: listQueries(compiler, 'run_steps', { body: sql`coalesce(${sql.ref('full')}, body)` }),
      ofRun: query<Scoped<{ run_id: string }>, StepRow>((param) =>
        db
          .selectFrom('run_steps')
          .select(columns.run_steps)
          .where('run_id', '=', param('run_id'))
          .where('project', '=', param('project'))
          .orderBy('seq'),
      ),
    },
    files: {
      ...recordQueries(compiler, 'files', { inOrder: true }),
      listing: listingQueries(compiler),
      ...listQueries(compiler, 'files'),
    },
    uploads: recordQueries(compiler, 'uploads'),
    uploadParts: {
      ...recordQueries(compiler, 'upload_parts'),
      ofUpload: query<Scoped<{ upload_id: string }>, UploadPartRow>((param) =>
        db
          .selectFrom('upload_parts')
          .select(columns.upload_parts)
          .where('upload_id', '=', param('upload_id'))
          .where('project', '=', param('project'))
          .orderBy('seq'),
      ),
    },
    vectorStores: vectorStoreQueries(compiler),
    vectorStoreFiles: vectorStoreFileQueries(compiler),
    fileBatches: recordQueries(compiler, 'file_batches'),
    segments: segmentQueries(compiler),
    liveSegments: liveSegmentQueries(compiler),
    interpreters: interpreterQueries(compiler),
    jobs: jobQueries(compiler),
    overdue: overdueQueries(compiler),
  }
}
