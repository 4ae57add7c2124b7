import type { Log } from '../../lib/log.ts'
import type { Store } from '../../ports/store.ts'
import { migratePostgres } from './migrate-postgres.ts'
import { openSqlite } from './open-database.ts'
import { openPostgres } from './open-postgres.ts'
import { DatabaseUnreachable } from './postgres-errors.ts'
import { openPool } from './postgres-pool.ts'

/** What has to be done about a database that cannot be opened, in one line without its password. */
export class UnusableDatabase extends Error {
  override readonly name = 'UnusableDatabase'
}

/** Opens the database at `url`, `sqlite:` with a path or `postgres://…`, and brings it to the newest schema. */
export function openStore({ url, log }: { url: string; log: Log }): Promise<Store> {
  return isPostgres(url) ? explained(url, openPostgres({ url, log })) : openSqlite({ path: pathOf(url), log })
}

/** Resolves when the database answers. For Postgres. */
export async function checkPostgres({ url }: { url: string }): Promise<void> {
  const pool = openPool({ url, size: 1, log: undefined })
  try {
    await explained(url, pool.check())
  } finally {
    await pool.close()
  }
}

/** Brings the database to the newest schema, and nothing else. */
export async function migrateStore({ url }: { url: string }): Promise<void> {
  if (isPostgres(url)) await explained(url, migratePostgres({ url }))
  else await (await openSqlite({ path: pathOf(url) })).close()
}

function isPostgres(url: string): boolean {
  return /^postgres(ql)?:/.test(url)
}

function pathOf(url: string): string {
  return url.replace(/^sqlite:/, '')
}

async function explained<Result>(url: string, opening: Promise<Result>): Promise<Result> {
  try {
    return await opening
  } catch (cause) {
    const { host, pathname } = new URL(url)
    const place = `The Postgres database ${JSON.stringify(pathname.slice(1))} at ${host || 'its socket'}`
    const advice = 'see that the server runs, and look at the name and the password in REPRISE_DATABASE_URL'
    throw new UnusableDatabase(`${place} cannot be used (${reasonOf(cause)}): ${advice}.`, { cause })
  }
}

/** A host with several addresses fails at each of them, and the whole has no message. */
function reasonOf(error: unknown): string {
  if (error instanceof DatabaseUnreachable) return reasonOf(error.cause)
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}
