import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Records as Reads, RecordWriter, Row } from '../../ports/store.ts'
import type { Connection } from './connection.ts'
import { lockRows } from './dialect.ts'
import type { Param, Query, QueryCompiler } from './query.ts'
import { variants } from './query.ts'
import type { RecordName, Records } from './tables.ts'
import { columns } from './tables.ts'

/** What finds one row. No query of a record leaves the project out. */
export type Key = { project: string; id: string }
export type Scoped<Values> = Values & { project: string }

/** The queries that every kind of record has. */
export interface RecordQueries<Kind extends Row> {
  readonly get: Query<Key, Kind>
  /** The same in a transaction, until whose end nobody else changes the row. */
  readonly hold: Query<Key, Kind>
  readonly insert: Query<Scoped<Kind>>
  readonly remove: Query<Key>
  /** By the changed columns, with commas between their names. */
  readonly update: (changed: string) => Query<Key & { [column: string]: unknown }>
}

export function recordQueries<Name extends RecordName>(
  { query, dialect }: QueryCompiler,
  name: Name,
  { onConflict = sql`` }: { onConflict?: RawBuilder<unknown> } = {},
): RecordQueries<Records[Name]> {
  type Kind = Records[Name]
  const table = sql.table(name)
  const names: readonly (keyof Kind & string)[] = columns[name]
  const refs = names.map((column) => sql.ref(column))

  function only(param: Param<Key>) {
    return sql`where id = ${param('id')} and project = ${param('project')}`
  }
  return {
    get: query((param) => sql`select ${sql.join(refs)} from ${table} ${only(param)}`),
    hold: query((param) => sql`select ${sql.join(refs)} from ${table} ${only(param)} ${lockRows(dialect)}`),
    insert: query((param) => {
      const values = names.map((column) => param(column))
      return sql`insert into ${table} (project, ${sql.join(refs)}) values (${param('project')}, ${sql.join(values)}) ${onConflict}`
    }),
    remove: query((param) => sql`delete from ${table} ${only(param)}`),
    update: variants((changed) =>
      query((param) => {
        const set = names
          .filter((column) => changed.split(',').includes(column))
          .map((column) => sql`${sql.ref(column)} = ${param(column)}`)
        return sql`update ${table} set ${sql.join(set)} ${only(param)}`
      }),
    ),
  }
}

export function reads<Kind extends Row>(
  queries: RecordQueries<Kind>,
  connection: Connection,
  project: string,
): Reads<Kind> {
  return { get: (id) => connection.first(queries.get, { project, id }) }
}

export function writes<Kind extends Row>(
  queries: RecordQueries<Kind>,
  connection: Connection,
  project: string,
): RecordWriter<Kind> {
  async function get(id: string): Promise<Kind | undefined> {
    return await connection.first(queries.hold, { project, id })
  }
  return {
    get,
    async insert(row) {
      await connection.run(queries.insert, { ...row, project })
    },
    async update(id, change) {
      const changed = Object.keys(change).join()
      if (changed === '') return (await get(id)) !== undefined
      return (await connection.run(queries.update(changed), { ...change, project, id })) > 0
    },
    async remove(id) {
      return (await connection.run(queries.remove, { project, id })) > 0
    },
  }
}
