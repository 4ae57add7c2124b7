import { sql } from 'kysely'
import type { Overdue } from '../../ports/store.ts'
import type { Connection } from './connection.ts'
import type { Query, QueryCompiler } from './query.ts'

type Values = { now: number; limit: number }
type Found = { project: string; id: string }

export type OverdueQueries = { readonly [Kind in keyof Overdue]: Query<Values, Found> }

export function overdueQueries({ db, query }: QueryCompiler): OverdueQueries {
  function expired(
    table: 'runs' | 'files' | 'uploads' | 'vector_stores',
    condition = sql<boolean>`expires_at is not null`,
  ) {
    return query<Values, Found>((param) =>
      db
        .selectFrom(table)
        .select(['project', 'id'])
        .where('expires_at', '<=', param('now'))
        .where(condition)
        .orderBy('expires_at')
        .limit(param('limit')),
    )
  }
  return {
    runs: expired('runs'), // a run that is over has no `expires_at`
    files: expired('files'),
    uploads: expired('uploads', sql<boolean>`status = 'pending'`),
    vectorStores: expired('vector_stores'),
  }
}

export async function findOverdue(queries: OverdueQueries, connection: Connection, values: Values): Promise<Overdue> {
  return {
    runs: await connection.all(queries.runs, values),
    files: await connection.all(queries.files, values),
    uploads: await connection.all(queries.uploads, values),
    vectorStores: await connection.all(queries.vectorStores, values),
  }
}
