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

/** A list of texts, as a table `wanted` whose column is `value`. */
export function textsOf(dialect: Dialect, texts: RawBuilder<readonly string[]>) {
  return dialect === 'postgres'
    ? sql`unnest(${texts}::text[]) as wanted (value)`
    : sql`(select value from json_each(${texts})) as wanted`
}

/**
 * A text in the JSON object that a column holds; its value has no escapes. Postgres refuses some that JSON allows, even in
 * strings that nobody asks for (a NUL, half a surrogate pair), so it reads the object without any.
 */
export function textIn(dialect: Dialect, column: string, field: string): RawBuilder<string> {
  return dialect === 'postgres'
    ? sql`regexp_replace(${sql.ref(column)}, '\\\\.', '', 'g')::json->>${sql.lit(field)}`
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

/** A condition that is always true, and locks other rows before its statement touches one of its own. */
export function lockingFirst(dialect: Dialect, rows: RawBuilder<unknown>) {
  return dialect === 'postgres' ? sql` and (select count(*) from (${rows} ${lockRows(dialect)}) as locked) >= 0` : sql``
}

/** For each row of `rows` those of `query`, which may name its columns. Of them `seq` and `turn` can be taken. */
export function forEachRow(dialect: Dialect, rows: RawBuilder<unknown>, query: RawBuilder<unknown>) {
  return dialect === 'postgres'
    ? sql`${rows} cross join lateral (${query}) as jobs`
    : sql`${rows} cross join jobs where jobs.seq in (select seq from (${query}) as free)`
}

/** Whether `seq` is among those that a query finds. Postgres is not to guess how many that are, but to look each up. */
export function seqAmong(dialect: Dialect, query: RawBuilder<unknown>): RawBuilder<boolean> {
  return dialect === 'postgres' ? sql`seq = any(array(${query}))` : sql`seq in (${query})`
}

/** The channel on which one process tells the others of free jobs. */
export const jobsChannel = 'reprise_jobs'

/** Tells other processes of free jobs, once this is committed. SQLite has no other processes. */
export function announceJobs(dialect: Dialect) {
  return dialect === 'postgres' ? sql`returning pg_notify(${sql.lit(jobsChannel)}, '')` : sql``
}

/** What tells the rows of a table apart that has no key for it. Nobody changes such rows, so that it stays as it is. */
export function rowId(dialect: Dialect, table: string) {
  return sql.ref(`${table}.${dialect === 'postgres' ? 'ctid' : 'seq'}`)
}
