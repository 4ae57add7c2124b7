import { key, type Migration } from './migration.ts'

/**
 * Vector stores, what is made of their files for search, what runs note about their searches, and lanes for jobs. An id
 * of a file is unique only within its store. Bytes of segments are in a table of their own, so that whoever lists
 * segments does not meet them.
 */
const sqlite = `
create table vector_stores (
  seq integer primary key autoincrement,
  project text not null,
  id text not null unique,
  expires_at integer,
  revision integer not null default 0,
  body text not null
) strict;
create index vector_stores_list on vector_stores (project);
create index vector_stores_expiring on vector_stores (expires_at) where expires_at is not null;

create table vector_store_files (
  seq integer primary key autoincrement,
  project text not null,
  id text not null,
  vector_store_id text not null,
  status text not null,
  batch_id text,
  filename text not null,
  attributes text not null,
  body text not null,
  unique (vector_store_id, id)
) strict;
create index vector_store_files_in_batch_by_status on vector_store_files (batch_id, status) where batch_id is not null;
create index vector_store_files_in_batch on vector_store_files (batch_id) where batch_id is not null;
create index vector_store_files_by_status on vector_store_files (vector_store_id, status);
create index vector_store_files_list on vector_store_files (vector_store_id);
create index vector_store_files_holding on vector_store_files (id);
create index vector_store_files_live on vector_store_files (project, vector_store_id, id, filename, attributes)
  where status = 'completed';

create table file_batches (
  seq integer primary key autoincrement,
  project text not null,
  id text not null unique,
  vector_store_id text not null,
  body text not null
) strict;
create index file_batches_of_store on file_batches (vector_store_id);

create table segments (
  seq integer primary key autoincrement,
  project text not null,
  id text not null unique,
  vector_store_id text,
  file_id text,
  chunk_count integer not null,
  space text,
  size integer not null,
  pieces integer not null,
  unique (vector_store_id, file_id)
) strict;
create index segments_dropped on segments (vector_store_id) where vector_store_id is null;

create table segment_pieces (
  seq integer primary key autoincrement,
  segment_id text not null,
  place integer not null,
  texts blob,
  postings blob,
  vectors blob,
  unique (segment_id, place)
) strict;

alter table messages add column citations text;
alter table runs add column details text not null default '{}';
alter table run_steps add column "full" text;
alter table run_steps add column details text;

alter table jobs add column lane text not null default '';
alter table jobs add column turn integer not null default 0;
update jobs set turn = seq;
drop index jobs_of_project;
drop index jobs_leased;
create index jobs_in_lane on jobs (kind, project, lane, turn);
create index jobs_waiting on jobs (kind, project, turn) where lease_until is null;
create index jobs_leased on jobs (kind, project, turn, lease_until) where lease_until is not null;
`

/** The same on Postgres, whose first tables have had these columns from the beginning. */
const postgres = `
create table vector_stores (
  project ${key} not null,
  seq bigint generated always as identity,
  id ${key} not null,
  expires_at bigint,
  revision bigint not null default 0,
  body text not null,
  primary key (project, id)
);
create index vector_stores_list on vector_stores (project, seq);
create index vector_stores_expiring on vector_stores (expires_at) where expires_at is not null;

create table vector_store_files (
  project ${key} not null,
  seq bigint generated always as identity,
  id ${key} not null,
  vector_store_id ${key} not null,
  status ${key} not null,
  batch_id ${key},
  filename text not null,
  attributes text not null,
  body text not null,
  primary key (project, vector_store_id, id)
);
create index vector_store_files_list on vector_store_files (project, vector_store_id, seq);
create index vector_store_files_by_status on vector_store_files (project, vector_store_id, status, seq);
create index vector_store_files_in_batch on vector_store_files (project, batch_id, seq) where batch_id is not null;
create index vector_store_files_in_batch_by_status on vector_store_files (project, batch_id, status, seq)
  where batch_id is not null;
create index vector_store_files_holding on vector_store_files (project, id);

create table file_batches (
  project ${key} not null,
  seq bigint generated always as identity,
  id ${key} not null,
  vector_store_id ${key} not null,
  body text not null,
  primary key (project, id)
);
create index file_batches_of_store on file_batches (project, vector_store_id);

create table segments (
  project ${key} not null,
  seq bigint generated always as identity,
  id ${key} not null,
  vector_store_id ${key},
  file_id ${key},
  chunk_count integer not null,
  space ${key},
  size bigint not null,
  pieces integer not null,
  primary key (project, id)
);
create index segments_by_id on segments (id);
create unique index segments_of_file on segments (project, vector_store_id, file_id);
create index segments_dropped on segments (seq) where vector_store_id is null;

create table segment_pieces (
  project ${key} not null,
  segment_id ${key} not null,
  place integer not null,
  texts bytea,
  postings bytea,
  vectors bytea,
  primary key (project, segment_id, place)
);
alter table segment_pieces
  alter column texts set storage external,
  alter column postings set storage external,
  alter column vectors set storage external;
`

export const vectorStores: Migration = { sqlite, postgres }
