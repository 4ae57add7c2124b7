import { existsSync, globSync } from 'node:fs'
import { installDebianPackages } from './debian-packages.ts'
import { type Missing, orMissing } from './missing-part.ts'

/** A Postgres server to start clusters with: the folder of its programs. */
export interface PostgresPrograms {
  folder: string
}

/** Debian's PostgreSQL, of whichever version it has. Its own cluster is left alone. */
export function ensurePostgres(): Promise<PostgresPrograms | Missing> {
  return orMissing('a PostgreSQL server', installed())
}

/** The newest that is there, or undefined. */
export function findPostgres(): PostgresPrograms | undefined {
  const places = globSync('/usr/lib/postgresql/*/bin/initdb').map((program) => program.replace(/\/initdb$/, ''))
  const version = (folder: string) => Number(/\d+/.exec(folder)?.[0])
  const [folder] = places.filter((each) => existsSync(`${each}/postgres`)).sort((a, b) => version(b) - version(a))
  return folder === undefined ? undefined : { folder }
}

async function installed(): Promise<PostgresPrograms> {
  const found = findPostgres()
  if (found) return found
  await installDebianPackages('postgresql')
  const fresh = findPostgres()
  if (!fresh) throw new Error('the package postgresql has brought no server')
  return fresh
}
