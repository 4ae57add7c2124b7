import pg from 'pg'
import type { Log } from '../../lib/log.ts'
import { migrations, refuseNewer } from './migrate.ts'
import { translated } from './postgres-errors.ts'
import { connectionConfig } from './postgres-pool.ts'

/** Ours among the locks that programs agree upon in a database: the letters of `reprise`. */
const migrating = 0x72657072697365n

/**
 * Brings a database to the newest schema, each step in its own transaction; of several processes that try at the same time
 * one does it and the others wait. Answers the version it had before, and the one it has now.
 */
export async function migratePostgres({
  url,
  log,
}: {
  url: string
  log?: Log | undefined
}): Promise<{ before: number; now: number }> {
  const client = new pg.Client(connectionConfig(url))
  client.on('error', (error) => log?.warn({ err: error }, 'a database connection was lost'))
  try {
    await client.connect()
    const known = await readVersion(client)
    refuseNewer(known)
    if (known === migrations.length) return { before: known, now: known } // the usual case takes no lock
    return await migrateLocked(client)
  } catch (error) {
    throw error instanceof pg.DatabaseError ? translated(error) : error
  } finally {
    await client.end()
  }
}

async function migrateLocked(client: pg.Client): Promise<{ before: number; now: number }> {
  await client.query(`select pg_advisory_lock(${migrating})`) // until the connection ends
  await client.query('create table if not exists schema_version (version integer not null)')
  const before = await readVersion(client)
  refuseNewer(before)
  await requireUnicode(client)
  for (const [index, { postgres }] of migrations.entries()) {
    if (index < before) continue
    const note = `delete from schema_version; insert into schema_version values (${index + 1})`
    await client.query(`begin; ${postgres}; ${note}; commit`)
  }
  return { before, now: migrations.length }
}

/** 0 for an empty database. */
async function readVersion(client: pg.Client): Promise<number> {
  const { rows: found } = await client.query(`select to_regclass('schema_version') as name`)
  if (found[0]?.name === null) return 0
  const { rows } = await client.query('select version from schema_version')
  return Number(rows[0]?.version ?? 0)
}

async function requireUnicode(client: pg.Client): Promise<void> {
  const { rows } = await client.query('show server_encoding')
  const encoding = String(rows[0]?.server_encoding)
  if (encoding !== 'UTF8') throw new Error(`The database has the encoding ${encoding}: create it with encoding 'UTF8'.`)
}
