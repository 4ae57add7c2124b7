import type { Dialect } from '../dialect.ts'

/**
 * One step of the schema, as SQL of each dialect; a step that was released never changes.
 *
 * On Postgres the project leads every primary key and unique index, so that tables can be spread over several servers by
 * it, and it leads every other index but those for questions about all projects: what is overdue, and which job is next.
 */
export type Migration = { readonly [Name in Dialect]: string }

/** Keys on Postgres are compared byte by byte, whatever the language of the database: cheaper, and the same on every system. */
export const key = 'text collate "C"'
