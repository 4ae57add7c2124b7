import type { DatabaseSync } from 'node:sqlite'
import { first } from './migrations/0001-first.ts'
import { vectorStores } from './migrations/0002-vector-stores.ts'
import { interpreters } from './migrations/0003-interpreters.ts'
import { nodes } from './migrations/0004-nodes.ts'
import { interpreterNodes } from './migrations/0005-interpreter-nodes.ts'
import type { Migration } from './migrations/migration.ts'

/** In their order. */
export const migrations: readonly Migration[] = [first, vectorStores, interpreters, nodes, interpreterNodes]

/** Brings a database to the newest schema, each step in its own transaction. Its version is SQLite's `user_version`. */
export function migrate(database: DatabaseSync): void {
  const version = readVersion(database)
  refuseNewer(version)
  for (const [index, migration] of migrations.entries()) {
    if (index >= version) database.exec(`begin;${migration.sqlite};pragma user_version = ${index + 1};commit`)
  }
}

export function refuseNewer(version: number): void {
  if (version <= migrations.length) return
  throw new Error(`The database has schema ${version}, made by a newer version; this one knows ${migrations.length}.`)
}

function readVersion(database: DatabaseSync): number {
  return Number(database.prepare('pragma user_version').get()?.user_version)
}
