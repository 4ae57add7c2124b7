import { key, type Migration } from './migration.ts'

/** What lies in the `/mnt/data` of each thread whose Python has run, so that it can be put back. */
const sqlite = `
create table interpreters (
  seq integer primary key autoincrement,
  project text not null,
  thread_id text not null,
  files text not null,
  used_at integer not null,
  unique (project, thread_id)
) strict;
`

const postgres = `
create table interpreters (
  project ${key} not null,
  seq bigint generated always as identity,
  thread_id ${key} not null,
  files text not null,
  used_at bigint not null,
  primary key (project, thread_id)
);
`

export const interpreters: Migration = { sqlite, postgres }
