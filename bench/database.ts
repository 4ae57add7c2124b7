import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { command, noPostgres, type PostgresServer, startPostgres } from '../test/support/postgres.ts'
import { cpuMicros } from './process-stats.ts'
import { type Program, startProgram } from './program.ts'

export const databaseNames = ['sqlite', 'postgres'] as const
export type DatabaseName = (typeof databaseNames)[number]

/** Where a server keeps what it is told. */
export interface Place {
  readonly dataFolder: string
  readonly environment: Readonly<Record<string, string>>
}

/** What is under the server: a file, or a Postgres server of the benchmark's own that flushes as it should. */
export interface Database extends AsyncDisposable {
  readonly name: DatabaseName
  /** An empty one. */
  newPlace(): Promise<Place>
  /** F1, the same requests with nothing around them but HTTP and the database's driver. */
  startFloor(place: Place): Promise<Program>
  /** CPU time of the database's own processes so far. SQLite has none. */
  cpuMicros(): number
  /** Carries out statements that both databases know. No server may have the place open. */
  change(place: Place, statements: readonly string[]): Promise<void>
}

/** A Postgres server that a scenario may look into. */
export interface PostgresDatabase extends Database {
  readonly server: PostgresServer
}

export async function openDatabase(name: DatabaseName, newFolder: () => string): Promise<Database> {
  return name === 'sqlite' ? sqliteDatabase(newFolder) : openPostgresDatabase(newFolder)
}

function sqliteDatabase(newFolder: () => string): Database {
  return {
    name: 'sqlite',
    newPlace: async () => ({ dataFolder: newFolder(), environment: {} }),
    startFloor: ({ dataFolder }) => startProgram('floors/store.ts', [join(dataFolder, 'floor.sqlite')]),
    cpuMicros: () => 0,
    change: changeSqlite,
    [Symbol.asyncDispose]: async () => {},
  }
}

async function changeSqlite({ dataFolder }: Place, statements: readonly string[]): Promise<void> {
  const { DatabaseSync } = await import('node:sqlite')
  using database = new DatabaseSync(join(dataFolder, 'reprise.sqlite'))
  for (const statement of statements) database.exec(statement)
}

export async function openPostgresDatabase(newFolder: () => string): Promise<PostgresDatabase> {
  if (noPostgres) throw new Error(noPostgres)
  const server = await startPostgres({ durable: true })
  const folder = await dataFolderOf(server)
  return {
    name: 'postgres',
    server,
    async newPlace() {
      return { dataFolder: newFolder(), environment: { REPRISE_DATABASE_URL: await server.createEmpty() } }
    },
    startFloor: (place) => startProgram('floors/store-postgres.ts', [urlOf(place)]),
    cpuMicros: () => familyMicros(postmasterOf(folder)),
    async change(place, statements) {
      for (const statement of [...statements, 'vacuum analyze']) await command(urlOf(place), statement)
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

export function urlOf({ environment }: Place): string {
  return environment.REPRISE_DATABASE_URL ?? ''
}

async function dataFolderOf({ port }: PostgresServer): Promise<string> {
  const { rows } = await command(`postgres://reprise@127.0.0.1:${port}/postgres`, 'show data_directory')
  return String(rows[0]?.data_directory)
}

/** It may have been started anew. */
function postmasterOf(folder: string): number {
  return Number(readFileSync(join(folder, 'postmaster.pid'), 'latin1').split('\n')[0])
}

/** CPU time of a process, of its children, and of those that it had and that have ended. */
function familyMicros(pid: number): number {
  let sum = cpuMicros(pid, { withEndedChildren: true })
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name) && parentOf(name) === pid) sum += cpuMicros(Number(name))
  }
  return sum
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined // it has ended since it was listed
  }
}
