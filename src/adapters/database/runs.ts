import { sql } from 'kysely'
import type { RunStatus } from '../../api/run.ts'
import type { RunRow, Transaction } from '../../ports/store.ts'
import { ActiveRunExists } from '../../ports/store.ts'
import type { TransactionConnection } from './connection.ts'
import { lockRows } from './dialect.ts'
import type { Query, QueryCompiler } from './query.ts'
import { variants } from './query.ts'
import type { Key, RecordQueries, Scoped } from './records.ts'
import { recordQueries } from './records.ts'
import { columns } from './tables.ts'

/** A run that is not over, spelt as in the index that allows a thread only one of them. */
const active = sql<boolean>`status in ('queued', 'in_progress', 'requires_action', 'cancelling')`

export interface RunQueries extends RecordQueries<RunRow> {
  readonly activeOn: Query<Scoped<{ thread_id: string }>, RunRow>
  /** By the number of statuses that it may come from. */
  readonly transition: (statuses: number) => Query<Transition>
}
type Transition = Key & Pick<RunRow, 'status' | 'body' | 'expires_at'> & { [from: `from${number}`]: RunStatus }

export function runQueries(compiler: QueryCompiler): RunQueries {
  const { db, query, dialect } = compiler
  return {
    ...recordQueries(compiler, 'runs', {
      onConflict: sql`on conflict (project, thread_id) where ${active} do nothing`,
    }),
    activeOn: query((param) =>
      db
        .selectFrom('runs')
        .select(columns.runs)
        .where('project', '=', param('project'))
        .where('thread_id', '=', param('thread_id'))
        .where(active)
        .modifyEnd(lockRows(dialect)),
    ),
    transition: variants((statuses) =>
      query((param) =>
        db
          .updateTable('runs')
          .set({ status: param('status'), body: param('body'), expires_at: param('expires_at') })
          .where('id', '=', param('id'))
          .where('project', '=', param('project'))
          .where(
            'status',
            'in',
            Array.from({ length: statuses }, (_, index) => param(`from${index}`)),
          ),
      ),
    ),
  }
}

export function runWriter(
  queries: RunQueries,
  connection: TransactionConnection,
  project: string,
): Transaction['runs'] {
  return {
    get: (id) => connection.first(queries.hold, { project, id }),
    activeOn: (thread_id) => connection.first(queries.activeOn, { project, thread_id }),
    async insert(row) {
      if ((await connection.run(queries.insert, { ...row, project })) === 0) throw new ActiveRunExists(row.thread_id)
    },
    async transition(id, { from, to, body, expires_at }) {
      if (from.length === 0) return false
      const sources = Object.fromEntries(from.map((status, index) => [`from${index}`, status]))
      const values = { ...sources, project, id, status: to, body, expires_at }
      return (await connection.run(queries.transition(from.length), values)) > 0
    },
  }
}
