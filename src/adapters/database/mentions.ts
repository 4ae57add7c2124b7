import { sql } from 'kysely'
import { contains, lockRows } from './dialect.ts'
import type { Query, QueryCompiler } from './query.ts'
import type { Scoped } from './records.ts'
import type { Records } from './tables.ts'
import { columns } from './tables.ts'

export type Mentioning<Kind> = Query<Scoped<{ file_id: string }>, Kind>

/**
 * Rows with a list of files whose body names this file. Few rows have such a list, and an index holds just those; a
 * quotation mark in anybody's metadata is escaped, so it cannot look like one.
 */
export function mentioningQuery<Name extends 'assistants' | 'threads'>(
  { query, dialect }: QueryCompiler,
  name: Name,
): Mentioning<Records[Name]> {
  const row = sql.join(columns[name].map((column) => sql.ref(column)))
  const hasFiles = contains(dialect, 'body', sql.lit('"file_ids":["'))
  return query((param) => {
    const mentions = contains(dialect, 'body', param('file_id'))
    const rows = sql`${sql.table(name)} where project = ${param('project')} and ${hasFiles} and ${mentions}`
    return sql`select ${row} from ${rows} order by seq ${lockRows(dialect)}`
  })
}
