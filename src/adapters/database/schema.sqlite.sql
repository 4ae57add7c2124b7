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
) strict;
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
) strict;
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
) strict;
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
) strict;
CREATE INDEX jobs_of_project on jobs (project);
CREATE INDEX jobs_about on jobs (subject);
CREATE INDEX jobs_leased on jobs (project, lease_until) where lease_until is not null;
