import { key, type Migration } from './migration.ts'

/**
 * The processes that share the database, and the one secret by which they know each other. They belong to no project.
 * SQLite's database belongs to one process, which needs neither.
 */
const postgres = `
create table nodes (
  id ${key} primary key,
  url text not null,
  role text not null,
  seen_at bigint not null
);

create table node_secrets (
  place integer primary key,
  secret text not null
);
`

export const nodes: Migration = { sqlite: '', postgres }
