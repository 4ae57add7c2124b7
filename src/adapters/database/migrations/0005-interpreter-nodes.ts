import { key, type Migration } from './migration.ts'

/** Which node a thread's Python lives on; null where nobody else could have it, and where nobody knows. */
const sqlite = `
alter table interpreters add column node text;
`

const postgres = `
alter table interpreters add column node ${key};
`

export const interpreterNodes: Migration = { sqlite, postgres }
