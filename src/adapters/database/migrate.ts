import type { DatabaseSync } from 'node:sqlite'
import { first } from './migrations/0001-first.ts'
import { vectorStores } from './migrations/0002-vector-stores.ts'
import { interpreters } from './migrations/0003-interpreters.ts'

/** In their order; one that was released never changes. */
const migrations: readonly string[] = [first, vectorStores, interpreters]

/** Brings a database to the newest schema, each step in its own transaction. Its version is SQLite's `user_version`. */
export function migrate(database: DatabaseSync): void {
  const version = readVersion(database)
  if (version > migrations.length) {
    throw new Error(`The database has schema ${version}, made by a newer version; this one knows ${migrations.length}.`)
  }
  for (const [index, migration] of migrations.entries()) {
    if (index >= version) database.exec(`begin;${migration};pragma user_version = ${index + 1};commit`)
  }
}

function readVersion(database: DatabaseSync): number {
  return Number(database.prepare('pragma user_version').get()?.user_version)
}
