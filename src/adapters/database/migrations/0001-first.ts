import { key, type Migration } from './migration.ts'

/**
 * The first schema. `seq` is the row's own number: it orders rows and is the silent last column of every index. Ids are
 * unique in the whole database, so an index of rows that belong to something needs no project. Where two indexes
 * would serve a query as well, SQLite takes the one that was made first; the narrower one therefore comes first.
 */
const sqlite = `
create table assistants (
  seq integer primary key autoincrement,
  project text not null,
  id text not null unique,
  body text not null
) strict;
create index assistants_list on assistants (project);
create index assistants_with_files on assistants (project) where instr(body, '"file_ids":["') > 0;

create table threads (
  seq integer primary key autoincrement,
  project text not null,
  id text not null unique,
  body text not null
) strict;
create index threads_with_files on threads (project) where instr(body, '"file_ids":["') > 0;

create table messages (
  seq integer primary key autoincrement,
  project text not null,
  id text not null unique,
  thread_id text not null,
  run_id text,
  body text not null
) strict;
create index messages_of_run on messages (run_id) where run_id is not null;
create index messages_list on messages (thread_id);

create table runs (
  seq integer primary key autoincrement,
  project text not null,
  id text not null unique,
  thread_id text not null,
  status text not null,
  expires_at integer,
  body text not null
) strict;
create index runs_list on runs (thread_id);
create unique index runs_active on runs (project, thread_id)
  where status in ('queued', 'in_progress', 'requires_action', 'cancelling');
create index runs_expiring on runs (expires_at) where expires_at is not null;

create table run_steps (
  seq integer primary key autoincrement,
  project text not null,
  id text not null unique,
  thread_id text not null,
  run_id text not null,
  status text not null,
  turn integer not null,
  usage text,
  body text not null
) strict;
create index run_steps_list on run_steps (run_id);

create table files (
  seq integer primary key autoincrement,
  project text not null,
  id text not null unique,
  purpose text not null,
  expires_at integer,
  body text not null
) strict;
create index files_by_purpose on files (project, purpose);
create index files_list on files (project);
create index files_expiring on files (expires_at) where expires_at is not null;

create table uploads (
  seq integer primary key autoincrement,
  project text not null,
  id text not null unique,
  status text not null,
  expires_at integer not null,
  details text not null,
  body text not null
) strict;
create index uploads_expiring on uploads (expires_at) where status = 'pending';

create table upload_parts (
  seq integer primary key autoincrement,
  project text not null,
  id text not null unique,
  upload_id text not null,
  bytes integer not null,
  body text not null
) strict;
create index upload_parts_list on upload_parts (upload_id);

create table jobs (
  seq integer primary key autoincrement,
  project text not null,
  id text not null unique,
  kind text not null,
  subject text not null,
  run_at integer not null,
  attempts integer not null,
  lease_owner text,
  lease_until integer
) strict;
create index jobs_of_project on jobs (project);
create index jobs_about on jobs (subject);
create index jobs_leased on jobs (project, lease_until) where lease_until is not null;
`

/** The same on Postgres, for tables that are spread over several servers by project: it leads every key, see `migration.ts`. */
const postgres = `
create table assistants (
  project ${key} not null,
  seq bigint generated always as identity,
  id ${key} not null,
  body text not null,
  primary key (project, id)
);
create index assistants_list on assistants (project, seq);
create index assistants_with_files on assistants (project) where strpos(body, '"file_ids":["') > 0;

create table threads (
  project ${key} not null,
  seq bigint generated always as identity,
  id ${key} not null,
  body text not null,
  primary key (project, id)
);
create index threads_with_files on threads (project) where strpos(body, '"file_ids":["') > 0;

create table messages (
  project ${key} not null,
  seq bigint generated always as identity,
  id ${key} not null,
  thread_id ${key} not null,
  run_id ${key},
  body text not null,
  citations text,
  primary key (project, id)
);
create index messages_list on messages (project, thread_id, seq);
create index messages_of_run on messages (project, run_id, seq) where run_id is not null;

create table runs (
  project ${key} not null,
  seq bigint generated always as identity,
  id ${key} not null,
  thread_id ${key} not null,
  status text not null,
  expires_at bigint,
  body text not null,
  details text not null,
  primary key (project, id)
);
create index runs_list on runs (project, thread_id, seq);
create unique index runs_active on runs (project, thread_id)
  where status in ('queued', 'in_progress', 'requires_action', 'cancelling');
create index runs_expiring on runs (expires_at) where expires_at is not null;

create table run_steps (
  project ${key} not null,
  seq bigint generated always as identity,
  id ${key} not null,
  thread_id ${key} not null,
  run_id ${key} not null,
  status text not null,
  turn integer not null,
  usage text,
  body text not null,
  "full" text,
  details text,
  primary key (project, id)
);
create index run_steps_list on run_steps (project, run_id, seq);

create table files (
  project ${key} not null,
  seq bigint generated always as identity,
  id ${key} not null,
  purpose ${key} not null,
  expires_at bigint,
  body text not null,
  primary key (project, id)
);
create index files_list on files (project, seq);
create index files_by_purpose on files (project, purpose, seq);
create index files_expiring on files (expires_at) where expires_at is not null;

create table uploads (
  project ${key} not null,
  seq bigint generated always as identity,
  id ${key} not null,
  status text not null,
  expires_at bigint not null,
  details text not null,
  body text not null,
  primary key (project, id)
);
create index uploads_expiring on uploads (expires_at) where status = 'pending';

create table upload_parts (
  project ${key} not null,
  seq bigint generated always as identity,
  id ${key} not null,
  upload_id ${key} not null,
  bytes bigint not null,
  body text not null,
  primary key (project, id)
);
create index upload_parts_list on upload_parts (project, upload_id, seq);

create table jobs (
  project ${key} not null,
  seq bigint generated always as identity,
  id ${key} not null,
  kind ${key} not null,
  subject ${key} not null,
  lane ${key} not null,
  turn bigint not null,
  run_at bigint not null,
  attempts integer not null,
  lease_owner ${key},
  lease_until bigint,
  primary key (project, id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
create index jobs_in_order on jobs (seq);
create index jobs_about on jobs (project, subject);
create index jobs_in_lane on jobs (kind, project, lane, turn);
create index jobs_waiting on jobs (kind, project, turn, seq) where lease_until is null;
create index jobs_leased on jobs (kind, project, turn, seq, lease_until) where lease_until is not null;
`

export const first: Migration = { sqlite, postgres }
