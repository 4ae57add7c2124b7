import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Listed, Page, Row } from '../../ports/store.ts'
import { UnknownCursor } from '../../ports/store.ts'
import type { Connection } from './connection.ts'
import type { Param, Query, QueryCompiler } from './query.ts'
import { variants } from './query.ts'
import type { RecordName, Records } from './tables.ts'

/** The queries of one table's lists; `columns` are those that the filter names, with commas between. */
export interface ListQueries<Thing> {
  readonly place: (columns: string) => Query<Values, { seq: number }>
  readonly ascending: (columns: string) => Query<Values, Row<Thing>>
  readonly descending: (columns: string) => Query<Values, Row<Thing>>
}
type Values = { [name: string]: string | number }
type ThingOf<Kind> = Kind extends Row<infer Thing> ? Thing : never

interface ListOptions<Name extends RecordName> {
  /** Columns that narrow a list but not its cursors: a row whose value changed since keeps its place. */
  readonly changing?: readonly (keyof Records[Name] & string)[]
  /** What is shown of a row. */
  readonly body?: RawBuilder<unknown>
}

export function listQueries<Name extends RecordName>(
  { query }: QueryCompiler,
  name: Name,
  { changing = [], body = sql`body` }: ListOptions<Name> = {},
): ListQueries<ThingOf<Records[Name]>> {
  const table = sql.table(name)

  function where(columns: readonly string[], param: Param<Values>) {
    const terms = columns.map((column) => sql`${sql.ref(column)} = ${param(column)}`)
    return sql`where ${sql.join(terms, sql` and `)}`
  }

  function lasting(columns: string): string[] {
    const passing: readonly string[] = changing
    return columns.split(',').filter((column) => !passing.includes(column))
  }

  function page(direction: 'asc' | 'desc') {
    return variants((columns: string) =>
      query<Values, Row<ThingOf<Records[Name]>>>((param) => {
        const range = sql`seq > ${param('above')} and seq < ${param('below')}`
        const order = sql`order by seq ${sql.raw(direction)} limit ${param('limit')}`
        return sql`select id, ${body} as body from ${table} ${where(columns.split(','), param)} and ${range} ${order}`
      }),
    )
  }
  return {
    place: variants((columns) =>
      query((param) => sql`select seq from ${table} ${where(lasting(columns), param)} and id = ${param('id')}`),
    ),
    ascending: page('asc'),
    descending: page('desc'),
  }
}

/** Equalities that narrow a list, by column; what is undefined narrows nothing. */
export type Filter = { readonly [column: string]: string | undefined }

/**
 * One page of a project's rows. Cursors are strict, in the requested order. `before` alone walks backwards from its
 * item: the page holds what lies closest to it, still in the requested order, and `has_more` tells whether there is
 * something further back.
 */
export async function listPage<Thing>(
  { queries, connection, project }: { queries: ListQueries<Thing>; connection: Connection; project: string },
  filter: Filter,
  { limit, order, after, before }: Page,
): Promise<Listed<Thing>> {
  const values = narrowing(project, filter)
  const columns = Object.keys(values).join()

  async function place(param: 'after' | 'before', id: string | undefined): Promise<number | undefined> {
    if (id === undefined) return undefined
    const found = await connection.first(queries.place(columns), { ...values, id })
    if (!found) throw new UnknownCursor(param, id)
    return found.seq
  }
  const start = await place('after', after)
  const end = await place('before', before)
  const [above = 0, below = Number.MAX_SAFE_INTEGER] = order === 'asc' ? [start, end] : [end, start]
  const backwards = start === undefined && end !== undefined
  const walk = (order === 'asc') === backwards ? queries.descending : queries.ascending
  const rows = await connection.all(walk(columns), { ...values, above, below, limit: limit + 1 })
  const has_more = rows.length > limit
  if (has_more) rows.pop()
  return { items: backwards ? rows.reverse() : rows, has_more }
}

function narrowing(project: string, filter: Filter): Values {
  const values: Values = { project }
  for (const [column, value] of Object.entries(filter)) if (value !== undefined) values[column] = value
  return values
}
