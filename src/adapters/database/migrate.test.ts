import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { migrate } from './migrate.ts'

test('a fresh database has the schema that is written down', async () => {
  const database = new DatabaseSync(':memory:')
  migrate(database)
  const schema = database
    .prepare(`select sql from sqlite_schema where sql is not null and name not like 'sqlite_%'`)
    .all()
  const text = schema.map((entry) => `${entry.sql};\n`).join('')
  await expect(text).toMatchFileSnapshot('schema.sqlite.sql')
})

test('migrating again changes nothing', () => {
  const database = new DatabaseSync(':memory:')
  migrate(database)
  database.exec(`insert into threads (project, id, body) values ('p', 'thread_1', '{}')`)
  migrate(database)
  expect(database.prepare('select count(*) as count from threads').get()).toMatchObject({ count: 1 })
})

test('a database of a newer version is refused', () => {
  const database = new DatabaseSync(':memory:')
  database.exec('pragma user_version = 99')
  expect(() => migrate(database)).toThrow('The database has schema 99, made by a newer version')
  expect(database.prepare('select count(*) as count from sqlite_schema').get()).toMatchObject({ count: 0 })
})
