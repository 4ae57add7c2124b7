import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { findPostgres } from '../../scripts/ensure-postgres.ts'
import { runCommand } from '../../scripts/run-command.ts'
import { migratePostgres } from '../../src/adapters/database/migrate-postgres.ts'
import { freePort } from '../crash/free-port.ts'

/** Why there is no Postgres here, for a test to be skipped with; undefined where there is one. */
export const noPostgres = findPostgres() ? undefined : 'PostgreSQL is not installed: run scripts/prepare-tests.ts'

/** A server of a test's own, empty. Disposing stops it and removes its data. */
export interface PostgresServer extends AsyncDisposable {
  readonly port: number
  /** Makes an empty database that has the newest schema; answers where it is. */
  create(): Promise<string>
  /** Makes a database with nothing in it. */
  createEmpty(): Promise<string>
  /** As an administrator stops it: connections are cut, transactions undone. */
  stop(): Promise<void>
  start(): Promise<void>
}

/** Unless it is to be durable it flushes nothing to the disk. */
export async function startPostgres({ durable = false } = {}): Promise<PostgresServer> {
  const { folder: programs } = findPostgres() ?? { folder: '' }
  await using starting = new AsyncDisposableStack()
  const data = await mkdtemp(join(tmpdir(), 'reprise-postgres-'))
  starting.defer(() => rm(data, { recursive: true, force: true }))
  const user = await unprivileged()
  if (user) await chown(data, user.uid, user.gid)
  const port = await freePort()
  const setup = ['-D', data, '-U', 'reprise', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  await runCommand(...asUser(user, join(programs, 'initdb'), setup))

  let server: ChildProcess | undefined
  let made = 0
  const url = (name: string) => `postgres://reprise@127.0.0.1:${port}/${name}`

  async function start(): Promise<void> {
    server = await launch(
      ...asUser(user, join(programs, 'postgres'), ['-D', data, ...settings({ port, folder: data, durable })]),
    )
  }

  async function stop(): Promise<void> {
    if (!server || server.exitCode !== null) return
    server.kill('SIGINT')
    await once(server, 'exit')
  }

  async function createEmpty(template = 'template1'): Promise<string> {
    made += 1
    await command(url('postgres'), `create database test_${made} template ${template}`)
    return url(`test_${made}`)
  }

  await start()
  starting.defer(stop)
  await command(url('postgres'), 'create database migrated')
  await migratePostgres({ url: url('migrated') })
  const started = starting.move()
  return {
    port,
    create: () => createEmpty('migrated'),
    createEmpty: () => createEmpty(),
    stop,
    start,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

function settings({ port, folder, durable }: { port: number; folder: string; durable: boolean }): string[] {
  const given = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: folder,
    max_connections: 200,
    fsync: durable ? 'on' : 'off',
    full_page_writes: durable ? 'on' : 'off',
    shared_buffers: durable ? '256MB' : '32MB',
    logging_collector: 'off',
  }
  return Object.entries(given).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

interface User {
  uid: number
  gid: number
}

/** Postgres refuses to run as root: then it runs as the user that its package has made. */
async function unprivileged(): Promise<User | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => runCommand('id', [flag, 'postgres'])))
  return { uid: Number(uid), gid: Number(gid) }
}

function asUser(user: User | undefined, program: string, args: readonly string[]): [string, string[]] {
  if (!user) return [program, [...args]]
  return [
    'setpriv',
    [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--pdeathsig=QUIT', program, ...args],
  ]
}

/** Resolves when it says that it accepts connections. */
async function launch(program: string, args: string[]): Promise<ChildProcess> {
  const server = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: tmpdir() })
  const lines: string[] = []
  const ready = Promise.withResolvers<void>()
  createInterface(server.stderr).on('line', (line) => {
    lines.push(line)
    if (line.includes('ready to accept connections')) ready.resolve()
  })
  server.once('exit', () => ready.reject(new Error(`PostgreSQL did not start:\n${lines.slice(-5).join('\n')}`)))
  await ready.promise
  return server
}

/** Carries out one statement, on a connection for it alone. */
export async function command(url: string, text: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await client.query(text)
  } finally {
    await client.end()
  }
}
