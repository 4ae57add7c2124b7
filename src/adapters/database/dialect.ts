import type { RawBuilder } from 'kysely'
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
} from 'kysely'
import type { Tables } from './tables.ts'

/** Which SQL is spoken. Everything that differs between databases is in this file. */
export type Dialect = 'sqlite' | 'postgres'

/** A builder that only compiles: it has no connection and runs nothing. */
export function queryBuilder(dialect: Dialect): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: {
      createDriver: () => new DummyDriver(),
      createAdapter: () => (dialect === 'postgres' ? new PostgresAdapter() : new SqliteAdapter()),
      createIntrospector: (db) => (dialect === 'postgres' ? new PostgresIntrospector(db) : new SqliteIntrospector(db)),
      createQueryCompiler: () => (dialect === 'postgres' ? new PostgresQueryCompiler() : new SqliteQueryCompiler()),
    },
  })
}

/** Holds the selected rows until the transaction ends. SQLite has a single writer: who writes holds everything. */
export function lockRows(dialect: Dialect) {
  return dialect === 'postgres' ? sql`for update` : sql``
}

/** The same, but passes over rows that another transaction holds. */
export function skipLocked(dialect: Dialect) {
  return dialect === 'postgres' ? sql`for update skip locked` : sql``
}

/** The texts of a JSON array, as a table `wanted` whose column is `value`. */
export function textsOf(dialect: Dialect, array: RawBuilder<string>) {
  return dialect === 'postgres'
    ? sql`json_array_elements_text(${array}::json) as wanted (value)`
    : sql`(select value from json_each(${array})) as wanted`
}

/** A text in the JSON object that a column holds. */
export function textIn(dialect: Dialect, column: string, field: string): RawBuilder<string> {
  return dialect === 'postgres'
    ? sql`${sql.ref(column)}::json->>${sql.lit(field)}`
    : sql`${sql.ref(column)}->>${sql.lit(field)}`
}

/** The greatest of several numbers, none of them null. */
export function greatest(dialect: Dialect, ...numbers: RawBuilder<number>[]): RawBuilder<number> {
  return sql`${sql.raw(dialect === 'postgres' ? 'greatest' : 'max')}(${sql.join(numbers)})`
}

/** Whether a text column contains a text, letter by letter. */
export function contains(dialect: Dialect, column: string, text: RawBuilder<string>): RawBuilder<boolean> {
  const find = sql.raw(dialect === 'postgres' ? 'strpos' : 'instr')
  return sql`${find}(${sql.ref(column)}, ${text}) > 0`
}
