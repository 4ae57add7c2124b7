import type { ThreadRow, Transaction } from '../../ports/store.ts'
import type { TransactionConnection } from './connection.ts'
import type { Mentioning } from './mentions.ts'
import { mentioningQuery } from './mentions.ts'
import type { Param, Query, QueryCompiler } from './query.ts'
import type { RecordQueries, Scoped } from './records.ts'
import { recordQueries, writes } from './records.ts'

export interface ThreadQueries extends RecordQueries<ThreadRow> {
  readonly mentioning: Mentioning<ThreadRow>
  /** What goes with a thread, in an order in which each can still find what it belongs to. */
  readonly removeContents: readonly Query<Scoped<{ thread_id: string }>>[]
}

export function threadQueries(compiler: QueryCompiler): ThreadQueries {
  const { db, query } = compiler

  function runsOfThread(param: Param<Scoped<{ thread_id: string }>>) {
    return db
      .selectFrom('runs')
      .select('id')
      .where('thread_id', '=', param('thread_id'))
      .where('project', '=', param('project'))
  }
  return {
    ...recordQueries(compiler, 'threads'),
    mentioning: mentioningQuery(compiler, 'threads'),
    removeContents: [
      query((param) =>
        db.deleteFrom('jobs').where('project', '=', param('project')).where('subject', 'in', runsOfThread(param)),
      ),
      query((param) =>
        db.deleteFrom('run_steps').where('project', '=', param('project')).where('run_id', 'in', runsOfThread(param)),
      ),
      query((param) =>
        db.deleteFrom('runs').where('project', '=', param('project')).where('thread_id', '=', param('thread_id')),
      ),
      query((param) =>
        db.deleteFrom('messages').where('project', '=', param('project')).where('thread_id', '=', param('thread_id')),
      ),
      query((param) =>
        db
          .deleteFrom('interpreters')
          .where('project', '=', param('project'))
          .where('thread_id', '=', param('thread_id')),
      ),
    ],
  }
}

export function threadWriter(
  queries: ThreadQueries,
  connection: TransactionConnection,
  project: string,
): Transaction['threads'] {
  const records = writes(queries, connection, { project })
  return {
    ...records,
    lock: records.get,
    mentioning: (file_id) => connection.all(queries.mentioning, { project, file_id }),
    async remove(id) {
      if (!(await records.remove(id))) return false
      for (const query of queries.removeContents) await connection.post(query, { project, thread_id: id })
      return true
    },
  }
}
