import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Records as Reads, RecordWriter, Row } from '../../ports/store.ts'
import type { Connection, TransactionConnection } from './connection.ts'
import { lockRows } from './dialect.ts'
import type { Param, Query, QueryCompiler } from './query.ts'
import { variants } from './query.ts'
import type { RecordName, Records } from './tables.ts'
import { columns } from './tables.ts'

/** Where a row is looked for. No query of a record leaves the project out. */
export type Scope = { project: string }
export type Scoped<Values> = Values & Scope
/** What finds one row. */
export type Key = Scoped<{ id: string }>

/** The queries that every kind of record has. `Within` is where its ids are unique. */
export interface RecordQueries<Kind extends Row, Within extends Scope = Scope> {
  readonly get: Query<Within & { id: string }, Kind>
  /** The same in a transaction, until whose end nobody else changes the row. */
  readonly hold: Query<Within & { id: string }, Kind>
  readonly insert: Query<Within & Kind>
  /** Gives a new row its place on the list of its project, at the end of the transaction. */
  readonly takePlace?: Query<Within & { id: string }>
  readonly remove: Query<Within & { id: string }>
  /** By the changed columns, with commas between their names. */
  readonly update: (changed: string) => Query<Within & { id: string; [column: string]: unknown }>
}

interface RecordOptions<Within> {
  readonly onConflict?: RawBuilder<unknown>
  /** The column, besides the project, in which alone an id is unique. */
  readonly within?: Exclude<keyof Within, 'project'> & string
  /** Whether the project has a list of them to which transactions may add at the same time. */
  readonly inOrder?: boolean
  /** A condition that locks other rows before one that is to be held. */
  readonly first?: (param: Param<Within & { id: string }>) => RawBuilder<unknown>
}

export function recordQueries<Name extends RecordName, Within extends Scope = Scope>(
  { query, dialect }: QueryCompiler,
  name: Name,
  { onConflict = sql``, within, inOrder = false, first = () => sql`` }: RecordOptions<Within> = {},
): RecordQueries<Records[Name], Within> {
  type Kind = Records[Name]
  const table = sql.table(name)
  const names: readonly (keyof Kind & string)[] = columns[name]
  const refs = names.map((column) => sql.ref(column))

  function only(param: Param<Within & { id: string }>) {
    const inside = within === undefined ? sql`` : sql` and ${sql.ref(within)} = ${param(within)}`
    return sql`where id = ${param('id')} and project = ${param('project')}${inside}`
  }
  return {
    get: query((param) => sql`select ${sql.join(refs)} from ${table} ${only(param)}`),
    hold: query(
      (param) => sql`select ${sql.join(refs)} from ${table} ${only(param)}${first(param)} ${lockRows(dialect)}`,
    ),
    insert: query((param) => {
      const values = names.map((column) => param(column))
      return sql`insert into ${table} (project, ${sql.join(refs)}) values (${param('project')}, ${sql.join(values)}) ${onConflict}`
    }),
    ...(inOrder && dialect === 'postgres' && { takePlace: query((param) => takePlace(name, param)) }),
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

/**
 * On Postgres numbers are given when a row is inserted, and of two transactions the one with the later number may be
 * committed first: whoever pages on after it would never meet the other. So a row of a list that nobody holds takes its
 * number at the end of its transaction, one transaction of the project after the other.
 */
function takePlace<Values extends Key>(name: RecordName, param: Param<Values>) {
  const turn = sql`pg_advisory_xact_lock(hashtextextended(${sql.lit(`${name} `)} || ${param('project')}::text, 0))`
  const row = sql`id = ${param('id')} and project = ${param('project')}`
  return sql`update ${sql.table(name)} set seq = default from ${turn} where ${row}`
}

export function reads<Kind extends Row, Within extends Scope>(
  queries: RecordQueries<Kind, Within>,
  connection: Connection,
  scope: Within,
): Reads<Kind> {
  return { get: (id) => connection.first(queries.get, { ...scope, id }) }
}

export function writes<Kind extends Row, Within extends Scope>(
  queries: RecordQueries<Kind, Within>,
  connection: TransactionConnection,
  scope: Within,
): RecordWriter<Kind> {
  async function get(id: string): Promise<Kind | undefined> {
    return await connection.first(queries.hold, { ...scope, id })
  }
  return {
    get,
    async insert(row) {
      await connection.post(queries.insert, { ...row, ...scope })
      if (queries.takePlace) await connection.postLast(queries.takePlace, { ...scope, id: row.id })
    },
    async update(id, change) {
      const changed = Object.keys(change).join()
      if (changed === '') return (await get(id)) !== undefined
      return (await connection.run(queries.update(changed), { ...change, ...scope, id })) > 0
    },
    async remove(id) {
      return (await connection.run(queries.remove, { ...scope, id })) > 0
    },
  }
}
