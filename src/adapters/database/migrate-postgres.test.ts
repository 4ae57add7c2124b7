import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { command, noPostgres, type PostgresServer, startPostgres } from '../../../test/support/postgres.ts'
import { migrations } from './migrate.ts'
import { migratePostgres } from './migrate-postgres.ts'

describe.skipIf(noPostgres)(noPostgres ?? 'the schema on Postgres', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  test('a fresh database has the schema that is written down', async () => {
    const url = await server.createEmpty()
    expect(await migratePostgres({ url })).toEqual({ before: 0, now: migrations.length })
    await expect(await schemaOf(url)).toMatchFileSnapshot('schema.postgres.sql')
  })

  test('of many processes that start at once, one makes it', async () => {
    const url = await server.createEmpty()
    const made = await Promise.all(Array.from({ length: 8 }, () => migratePostgres({ url })))
    expect(made.filter(({ before }) => before === 0)).toHaveLength(1)
    expect(await migratePostgres({ url })).toEqual({ before: migrations.length, now: migrations.length })
  })

  test('a step that fails leaves nothing, and the next try goes on from there', async () => {
    const url = await server.createEmpty()
    await command(url, 'create table vector_stores (in_the_way integer)')
    await expect(migratePostgres({ url })).rejects.toThrow('relation "vector_stores" already exists')
    expect((await command(url, 'select version from schema_version')).rows).toEqual([{ version: 1 }])
    await command(url, 'drop table vector_stores')
    expect(await migratePostgres({ url })).toEqual({ before: 1, now: migrations.length })
  })

  test('a database of a newer version is refused', async () => {
    const url = await server.create()
    await command(url, 'update schema_version set version = 99')
    await expect(migratePostgres({ url })).rejects.toThrow('The database has schema 99, made by a newer version')
  })

  test('a database that cannot hold every character is refused', async () => {
    const url = await server.createEmpty()
    await command(url, `create database ascii template template0 encoding 'SQL_ASCII'`)
    const ascii = url.replace(/[^/]*$/, 'ascii')
    await expect(migratePostgres({ url: ascii })).rejects.toThrow(`create it with encoding 'UTF8'`)
  })

  test('where there is no server, that is what it says', async () => {
    await expect(migratePostgres({ url: 'postgres://reprise@127.0.0.1:1/none' })).rejects.toThrow('ECONNREFUSED')
  })
})

/** Tables and indexes as the database itself describes them. */
async function schemaOf(url: string): Promise<string> {
  const columns = `
    select attribute.attname || ' ' || format_type(atttypid, atttypmod)
      || case when collname = 'C' then ' collate "C"' else '' end
      || case when attnotnull then ' not null' else '' end
      || case attidentity when 'a' then ' generated always as identity' else '' end
      || coalesce(' default ' || pg_get_expr(adbin, adrelid), '') as line
    from pg_attribute as attribute
    left join pg_collation on pg_collation.oid = attcollation
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where attrelid = class.oid and attnum > 0 and not attisdropped
    order by attnum`
  const { rows } = await command(
    url,
    `select 'create table ' || relname || ' (' || chr(10) || '  '
       || (select string_agg(line, ',' || chr(10) || '  ') from (${columns}) as columns)
       || chr(10) || ')' || coalesce(' with (' || array_to_string(reloptions, ', ') || ')', '') || ';' || chr(10)
       || coalesce((
         select string_agg(indexdef || ';' || chr(10), '' order by indexname) from pg_indexes where tablename = relname
       ), '') as text
     from pg_class as class
     where relkind = 'r' and relnamespace = 'public'::regnamespace
     order by relname`,
  )
  return rows.map((row) => row.text).join('\n')
}
