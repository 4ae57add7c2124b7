CREATE TABLE assistants (
  seq integer primary key autoincrement,
  project text not null,
  id text not null unique,
  body text not null
) strict;
CREATE INDEX assistants_list on assistants (project);
CREATE INDEX assistants_with_files on assistants (project) where instr(body, '"file_ids":["') > 0;
CREATE TABLE threads (
  seq integer primary key autoincrement,
  project text not null,
  id text not null unique,
  body text not null
) strict;
CREATE INDEX threads_with_files on threads (project) where instr(body, '"file_ids":["') > 0;
CREATE TABLE messages (
  seq integer primary key autoincrement,
  project text not null,
  id text not null unique,
  thread_id text not null,
  run_id text,
  body text not null
, citations text) strict;
CREATE INDEX messages_of_run on messages (run_id) where run_id is not null;
CREATE INDEX messages_list on messages (thread_id);
CREATE TABLE runs (
  seq integer primary key autoincrement,
  project text not null,
  id text not null unique,
  thread_id text not null,
  status text not null,
  expires_at integer,
  body text not null
, details text not null default '{}') strict;
CREATE INDEX runs_list on runs (thread_id);
CREATE UNIQUE INDEX runs_active on runs (project, thread_id)
  where status in ('queued', 'in_progress', 'requires_action', 'cancelling');
CREATE INDEX runs_expiring on runs (expires_at) where expires_at is not null;
CREATE TABLE run_steps (
  seq integer primary key autoincrement,
  project text not null,
  id text not null unique,
  thread_id text not null,
  run_id text not null,
  status text not null,
  turn integer not null,
  usage text,
  body text not null
, "full" text, details text) strict;
CREATE INDEX run_steps_list on run_steps (run_id);
CREATE TABLE files (
  seq integer primary key autoincrement,
  project text not null,
  id text not null unique,
  purpose text not null,
  expires_at integer,
  body text not null
) strict;
CREATE INDEX files_by_purpose on files (project, purpose);
CREATE INDEX files_list on files (project);
CREATE INDEX files_expiring on files (expires_at) where expires_at is not null;
CREATE TABLE uploads (
  seq integer primary key autoincrement,
  project text not null,
  id text not null unique,
  status text not null,
  expires_at integer not null,
  details text not null,
  body text not null
) strict;
CREATE INDEX uploads_expiring on uploads (expires_at) where status = 'pending';
CREATE TABLE upload_parts (
  seq integer primary key autoincrement,
  project text not null,
  id text not null unique,
  upload_id text not null,
  bytes integer not null,
  body text not null
) strict;
CREATE INDEX upload_parts_list on upload_parts (upload_id);
CREATE TABLE jobs (
  seq integer primary key autoincrement,
  project text not null,
  id text not null unique,
  kind text not null,
  subject text not null,
  run_at integer not null,
  attempts integer not null,
  lease_owner text,
  lease_until integer
, lane text not null default '', turn integer not null default 0) strict;
CREATE INDEX jobs_about on jobs (subject);
CREATE TABLE vector_stores (
  seq integer primary key autoincrement,
  project text not null,
  id text not null unique,
  expires_at integer,
  revision integer not null default 0,
  body text not null
) strict;
CREATE INDEX vector_stores_list on vector_stores (project);
CREATE INDEX vector_stores_expiring on vector_stores (expires_at) where expires_at is not null;
CREATE TABLE vector_store_files (
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
CREATE INDEX vector_store_files_in_batch_by_status on vector_store_files (batch_id, status) where batch_id is not null;
CREATE INDEX vector_store_files_in_batch on vector_store_files (batch_id) where batch_id is not null;
CREATE INDEX vector_store_files_by_status on vector_store_files (vector_store_id, status);
CREATE INDEX vector_store_files_list on vector_store_files (vector_store_id);
CREATE INDEX vector_store_files_holding on vector_store_files (id);
CREATE INDEX vector_store_files_live on vector_store_files (project, vector_store_id, id, filename, attributes)
  where status = 'completed';
CREATE TABLE file_batches (
  seq integer primary key autoincrement,
  project text not null,
  id text not null unique,
  vector_store_id text not null,
  body text not null
) strict;
CREATE INDEX file_batches_of_store on file_batches (vector_store_id);
CREATE TABLE segments (
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
CREATE INDEX segments_dropped on segments (vector_store_id) where vector_store_id is null;
CREATE TABLE segment_pieces (
  seq integer primary key autoincrement,
  segment_id text not null,
  place integer not null,
  texts blob,
  postings blob,
  vectors blob,
  unique (segment_id, place)
) strict;
CREATE INDEX jobs_in_lane on jobs (kind, project, lane, turn);
CREATE INDEX jobs_waiting on jobs (kind, project, turn) where lease_until is null;
CREATE INDEX jobs_leased on jobs (kind, project, turn, lease_until) where lease_until is not null;
CREATE TABLE interpreters (
  seq integer primary key autoincrement,
  project text not null,
  thread_id text not null,
  files text not null,
  used_at integer not null, node text,
  unique (project, thread_id)
) strict;
