import { sql } from 'kysely'
import type { Dialect } from './dialect.ts'
import { lockingFirst } from './dialect.ts'
import { mentioningQuery } from './mentions.ts'
import type { Param, Query, QueryCompiler } from './query.ts'
import type { Key, Scoped } from './records.ts'

// Transactions on Postgres wait for rows that others hold, and must not wait for each other in a circle. So all of them
// take rows in this order, as far as they need any:
//
//   assistant → thread → run → vector store → its files, batches and jobs → file → place on a list
//
// A service begins with what it is about, which mostly is this order. Where it is not, the statements here lock what comes
// before. SQLite has a single writer and needs none of it.

/** Before a job, what it is about: a run, or the vector store that is its lane. */
export function subjectFirst(dialect: Dialect, param: Param<Key>) {
  const project = sql`project = ${param('project')}`
  const own = sql`from jobs where id = ${param('id')} and ${project}`
  const run = sql`select id from runs where ${project} and id = (select subject ${own})`
  const store = sql`select id from vector_stores where ${project} and id = (select lane ${own})`
  return sql`${lockingFirst(dialect, run)}${lockingFirst(dialect, store)}`
}

/** Before a file of a vector store, the store. */
export function storeFirst(dialect: Dialect, param: Param<Scoped<{ vector_store_id: string }>>) {
  const store = sql`select id from vector_stores where project = ${param('project')} and id = ${param('vector_store_id')}`
  return lockingFirst(dialect, store)
}

/** Before a file that is to go, what lists it. None on SQLite. */
export function listingQueries(compiler: QueryCompiler): readonly Query<Scoped<{ file_id: string }>, unknown>[] {
  if (compiler.dialect === 'sqlite') return []
  const stores = compiler.query<Scoped<{ file_id: string }>>((param) => {
    const holding = sql`from vector_store_files where project = ${param('project')} and id = ${param('file_id')}`
    const stores = sql`from vector_stores where project = ${param('project')} and id in (select vector_store_id ${holding})`
    return sql`select id ${stores} order by id for update`
  })
  return [mentioningQuery(compiler, 'assistants'), mentioningQuery(compiler, 'threads'), stores]
}
