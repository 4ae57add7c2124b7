create table assistants (
  project text collate "C" not null,
  seq bigint not null generated always as identity,
  id text collate "C" not null,
  body text not null
);
CREATE INDEX assistants_list ON public.assistants USING btree (project, seq);
CREATE UNIQUE INDEX assistants_pkey ON public.assistants USING btree (project, id);
CREATE INDEX assistants_with_files ON public.assistants USING btree (project) WHERE (strpos(body, '"file_ids":["'::text) > 0);

create table file_batches (
  project text collate "C" not null,
  seq bigint not null generated always as identity,
  id text collate "C" not null,
  vector_store_id text collate "C" not null,
  body text not null
);
CREATE INDEX file_batches_of_store ON public.file_batches USING btree (project, vector_store_id);
CREATE UNIQUE INDEX file_batches_pkey ON public.file_batches USING btree (project, id);

create table files (
  project text collate "C" not null,
  seq bigint not null generated always as identity,
  id text collate "C" not null,
  purpose text collate "C" not null,
  expires_at bigint,
  body text not null
);
CREATE INDEX files_by_purpose ON public.files USING btree (project, purpose, seq);
CREATE INDEX files_expiring ON public.files USING btree (expires_at) WHERE (expires_at IS NOT NULL);
CREATE INDEX files_list ON public.files USING btree (project, seq);
CREATE UNIQUE INDEX files_pkey ON public.files USING btree (project, id);

create table interpreters (
  project text collate "C" not null,
  seq bigint not null generated always as identity,
  thread_id text collate "C" not null,
  files text not null,
  used_at bigint not null,
  node text collate "C"
);
CREATE UNIQUE INDEX interpreters_pkey ON public.interpreters USING btree (project, thread_id);

create table jobs (
  project text collate "C" not null,
  seq bigint not null generated always as identity,
  id text collate "C" not null,
  kind text collate "C" not null,
  subject text collate "C" not null,
  lane text collate "C" not null,
  turn bigint not null,
  run_at bigint not null,
  attempts integer not null,
  lease_owner text collate "C",
  lease_until bigint
) with (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=1000);
CREATE INDEX jobs_about ON public.jobs USING btree (project, subject);
CREATE INDEX jobs_in_lane ON public.jobs USING btree (kind, project, lane, turn);
CREATE INDEX jobs_in_order ON public.jobs USING btree (seq);
CREATE INDEX jobs_leased ON public.jobs USING btree (kind, project, turn, seq, lease_until) WHERE (lease_until IS NOT NULL);
CREATE UNIQUE INDEX jobs_pkey ON public.jobs USING btree (project, id);
CREATE INDEX jobs_waiting ON public.jobs USING btree (kind, project, turn, seq) WHERE (lease_until IS NULL);

create table messages (
  project text collate "C" not null,
  seq bigint not null generated always as identity,
  id text collate "C" not null,
  thread_id text collate "C" not null,
  run_id text collate "C",
  body text not null,
  citations text
);
CREATE INDEX messages_list ON public.messages USING btree (project, thread_id, seq);
CREATE INDEX messages_of_run ON public.messages USING btree (project, run_id, seq) WHERE (run_id IS NOT NULL);
CREATE UNIQUE INDEX messages_pkey ON public.messages USING btree (project, id);

create table node_secrets (
  place integer not null,
  secret text not null
);
CREATE UNIQUE INDEX node_secrets_pkey ON public.node_secrets USING btree (place);

create table nodes (
  id text collate "C" not null,
  url text not null,
  role text not null,
  seen_at bigint not null
);
CREATE UNIQUE INDEX nodes_pkey ON public.nodes USING btree (id);

create table run_steps (
  project text collate "C" not null,
  seq bigint not null generated always as identity,
  id text collate "C" not null,
  thread_id text collate "C" not null,
  run_id text collate "C" not null,
  status text not null,
  turn integer not null,
  usage text,
  body text not null,
  full text,
  details text
);
CREATE INDEX run_steps_list ON public.run_steps USING btree (project, run_id, seq);
CREATE UNIQUE INDEX run_steps_pkey ON public.run_steps USING btree (project, id);

create table runs (
  project text collate "C" not null,
  seq bigint not null generated always as identity,
  id text collate "C" not null,
  thread_id text collate "C" not null,
  status text not null,
  expires_at bigint,
  body text not null,
  details text not null
);
CREATE UNIQUE INDEX runs_active ON public.runs USING btree (project, thread_id) WHERE (status = ANY (ARRAY['queued'::text, 'in_progress'::text, 'requires_action'::text, 'cancelling'::text]));
CREATE INDEX runs_expiring ON public.runs USING btree (expires_at) WHERE (expires_at IS NOT NULL);
CREATE INDEX runs_list ON public.runs USING btree (project, thread_id, seq);
CREATE UNIQUE INDEX runs_pkey ON public.runs USING btree (project, id);

create table schema_version (
  version integer not null
);

create table segment_pieces (
  project text collate "C" not null,
  segment_id text collate "C" not null,
  place integer not null,
  texts bytea,
  postings bytea,
  vectors bytea
);
CREATE UNIQUE INDEX segment_pieces_pkey ON public.segment_pieces USING btree (project, segment_id, place);

create table segments (
  project text collate "C" not null,
  seq bigint not null generated always as identity,
  id text collate "C" not null,
  vector_store_id text collate "C",
  file_id text collate "C",
  chunk_count integer not null,
  space text collate "C",
  size bigint not null,
  pieces integer not null
);
CREATE INDEX segments_by_id ON public.segments USING btree (id);
CREATE INDEX segments_dropped ON public.segments USING btree (seq) WHERE (vector_store_id IS NULL);
CREATE UNIQUE INDEX segments_of_file ON public.segments USING btree (project, vector_store_id, file_id);
CREATE UNIQUE INDEX segments_pkey ON public.segments USING btree (project, id);

create table threads (
  project text collate "C" not null,
  seq bigint not null generated always as identity,
  id text collate "C" not null,
  body text not null
);
CREATE UNIQUE INDEX threads_pkey ON public.threads USING btree (project, id);
CREATE INDEX threads_with_files ON public.threads USING btree (project) WHERE (strpos(body, '"file_ids":["'::text) > 0);

create table upload_parts (
  project text collate "C" not null,
  seq bigint not null generated always as identity,
  id text collate "C" not null,
  upload_id text collate "C" not null,
  bytes bigint not null,
  body text not null
);
CREATE INDEX upload_parts_list ON public.upload_parts USING btree (project, upload_id, seq);
CREATE UNIQUE INDEX upload_parts_pkey ON public.upload_parts USING btree (project, id);

create table uploads (
  project text collate "C" not null,
  seq bigint not null generated always as identity,
  id text collate "C" not null,
  status text not null,
  expires_at bigint not null,
  details text not null,
  body text not null
);
CREATE INDEX uploads_expiring ON public.uploads USING btree (expires_at) WHERE (status = 'pending'::text);
CREATE UNIQUE INDEX uploads_pkey ON public.uploads USING btree (project, id);

create table vector_store_files (
  project text collate "C" not null,
  seq bigint not null generated always as identity,
  id text collate "C" not null,
  vector_store_id text collate "C" not null,
  status text collate "C" not null,
  batch_id text collate "C",
  filename text not null,
  attributes text not null,
  body text not null
);
CREATE INDEX vector_store_files_by_status ON public.vector_store_files USING btree (project, vector_store_id, status, seq);
CREATE INDEX vector_store_files_holding ON public.vector_store_files USING btree (project, id);
CREATE INDEX vector_store_files_in_batch ON public.vector_store_files USING btree (project, batch_id, seq) WHERE (batch_id IS NOT NULL);
CREATE INDEX vector_store_files_in_batch_by_status ON public.vector_store_files USING btree (project, batch_id, status, seq) WHERE (batch_id IS NOT NULL);
CREATE INDEX vector_store_files_list ON public.vector_store_files USING btree (project, vector_store_id, seq);
CREATE UNIQUE INDEX vector_store_files_pkey ON public.vector_store_files USING btree (project, vector_store_id, id);

create table vector_stores (
  project text collate "C" not null,
  seq bigint not null generated always as identity,
  id text collate "C" not null,
  expires_at bigint,
  revision bigint not null default 0,
  body text not null
);
CREATE INDEX vector_stores_expiring ON public.vector_stores USING btree (expires_at) WHERE (expires_at IS NOT NULL);
CREATE INDEX vector_stores_list ON public.vector_stores USING btree (project, seq);
CREATE UNIQUE INDEX vector_stores_pkey ON public.vector_stores USING btree (project, id);
