import { setTimeout as sleep } from 'node:timers/promises'
import { command } from '../../test/support/postgres.ts'
import { openPostgresDatabase, urlOf } from '../database.ts'
import { startUpstream } from '../floors/floors.ts'
import { atMost, judged } from '../goal.ts'
import { type WatchedWay, watchWay } from '../round-trips.ts'
import type { Bench, Outcome, Scenario } from '../scenario.ts'
import { startReprise } from '../server.ts'
import { runSpeaker, type Speaker } from './speaker.ts'

export const runCosts: Scenario = {
  name: 'run-costs',
  about: 'what one simple run on a new thread costs Postgres: rows, bytes, transactions, round trips',
  postgres: 'only',
  run,
}

const runs = 400
const idleSeconds = 5
const settleMillis = 2500
const tables = ['threads', 'messages', 'runs', 'run_steps', 'jobs']

interface Reading {
  statements: number
  transactions: number
  commits: number
  wal: number
  roundTrips: number
  sent: number
  received: number
}

/** A server of its own, since it is started with what counts statements. */
async function run(bench: Bench): Promise<Outcome> {
  await using database = await openPostgresDatabase(bench.newFolder)
  const admin = `postgres://reprise@127.0.0.1:${database.server.port}/postgres`
  await command(admin, `alter system set shared_preload_libraries = 'pg_stat_statements'`)
  await database.server.stop()
  await database.server.start()
  await command(admin, 'create extension pg_stat_statements')
  const place = await database.newPlace()
  await using way = await watchWay(database.server.port)
  await using upstream = await startUpstream()
  const url = urlOf(place).replace(`:${database.server.port}/`, `:${way.port}/`)
  await using program = await startReprise({
    entry: bench.entry,
    upstream,
    ...place,
    environment: { REPRISE_DATABASE_URL: url },
  })
  await using speaker = await runSpeaker('subject', program, { tokens: 200, rate: 0 })
  await listenTimes(speaker, runs / 4)
  const look = () => readingOf(admin, new URL(url).pathname.slice(1), way)
  const before = await sizesOf(urlOf(place))
  const at = [await settled(look)]
  await sleep(idleSeconds * 1000)
  at.push(await settled(look))
  await listenTimes(speaker, runs)
  at.push(await settled(look))
  const after = await sizesOf(urlOf(place))
  const idle = difference(at[0], at[1], idleSeconds + settleMillis / 1000)
  const perRun = difference(at[1], at[2], runs)
  return {
    findings: [
      judged({
        label: 'transactions that write, per run',
        value: perRun.commits,
        unit: '',
        goal: atMost(4.5),
        noisy: false,
      }),
      { label: 'connections of one node', value: way.open(), unit: '' },
    ],
    tables: [
      {
        title: 'one run after the other, beside what an idle node does; 200 tokens answered',
        columns: ['', 'per run', 'idle, per s'],
        rows: (Object.keys(perRun) as (keyof Reading)[]).map((figure) => [figure, perRun[figure], idle[figure]]),
      },
      {
        title: 'rows and bytes per run',
        columns: ['table', 'inserted', 'updated', 'deleted', 'bytes, indexes too', 'of them indexes'],
        rows: tables.map((table) => [table, ...sizeRow(before.get(table), after.get(table))]),
      },
    ],
    problems: [...speaker.problems],
  }
}

async function listenTimes(speaker: Speaker, times: number): Promise<void> {
  for (let index = 0; index < times; index += 1) await speaker.listen()
}

/** Backends tell what they have counted about once a second. */
async function settled<Value>(look: () => Promise<Value>): Promise<Value> {
  await sleep(settleMillis)
  return look()
}

/** Asked from another database, so that asking does not count. */
async function readingOf(admin: string, name: string, way: WatchedWay): Promise<Reading> {
  const { rows } = await command(
    admin,
    `select sum(calls)::float8 as statements,
            (select xact_commit::float8 from pg_stat_database where datname = '${name}') as transactions,
            sum(calls) filter (where query ~* '^commit')::float8 as commits,
            pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as wal
     from pg_stat_statements where dbid = (select oid from pg_database where datname = '${name}')`,
  )
  const [{ statements, transactions, commits, wal }] = rows
  return { statements, transactions, commits: commits ?? 0, wal, ...way.counted() }
}

function difference(from: Reading | undefined, to: Reading | undefined, by: number): Reading {
  const of = (figure: keyof Reading) => ((to?.[figure] ?? Number.NaN) - (from?.[figure] ?? Number.NaN)) / by
  return {
    statements: of('statements'),
    transactions: of('transactions'),
    commits: of('commits'),
    wal: of('wal'),
    roundTrips: of('roundTrips'),
    sent: of('sent'),
    received: of('received'),
  }
}

interface Size {
  inserted: number
  updated: number
  deleted: number
  total: number
  indexes: number
}

/** Without what vacuum can take back. */
async function sizesOf(url: string): Promise<Map<string, Size>> {
  await command(url, 'vacuum full')
  const { rows } = await command(
    url,
    `select relname as name, n_tup_ins::float8 as inserted, n_tup_upd::float8 as updated, n_tup_del::float8 as deleted,
            pg_total_relation_size(relid)::float8 as total, pg_indexes_size(relid)::float8 as indexes
     from pg_stat_user_tables`,
  )
  return new Map(rows.map(({ name, ...size }) => [name, size]))
}

function sizeRow(before: Size | undefined, after: Size | undefined): number[] {
  return (['inserted', 'updated', 'deleted', 'total', 'indexes'] as const).map(
    (figure) => ((after?.[figure] ?? Number.NaN) - (before?.[figure] ?? Number.NaN)) / runs,
  )
}
