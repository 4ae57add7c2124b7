/** What lies in the `/mnt/data` of each thread whose Python has run, so that it can be put back. */
export const interpreters = `
create table interpreters (
  seq integer primary key autoincrement,
  project text not null,
  thread_id text not null,
  files text not null,
  used_at integer not null,
  unique (project, thread_id)
) strict;
`
