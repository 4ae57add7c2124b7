import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Job, JobWriter } from '../../ports/queue.ts'
import type { TransactionConnection } from './connection.ts'
import { announceJobs, forEachRow, lockRows, seqAmong, skipLocked, textsOf } from './dialect.ts'
import type { Free } from './job-turns.ts'
import { fairChoice, isDue, isLapsed, isLeased, isWaiting, nextTurn, presentTurn } from './job-turns.ts'
import { subjectFirst } from './lock-order.ts'
import type { Param, Query, QueryCompiler } from './query.ts'
import type { Key, Scoped } from './records.ts'
import type { JobTable } from './tables.ts'

type Nothing = Record<never, never>
type NewRow = Omit<JobTable, 'seq' | 'turn'>
type Claim = Free & { owner: string; until: number; limit: number }

/** Claiming looks at every project, so as to be fair between them; what a transaction does is scoped to its own. */
export interface JobQueries {
  /** Puts a job in line; the other adds one that is under way at once and passes the line by. */
  readonly add: Query<NewRow>
  readonly addHeld: Query<NewRow>
  readonly complete: Query<Key & { owner: string }>
  readonly held: Query<Key & { owner: string }, { id: string }>
  readonly removeAbout: Query<Scoped<{ subject: string }>>
  /** Finds something if there is anything to claim. */
  readonly due: Query<Claim, { seq: number }>
  readonly claim: Query<Claim, Job & { seq: number }>
  /** Passes over jobs that a transaction holds just now: the next one will meet them. */
  readonly heartbeat: Query<{ owner: string; until: number }>
  readonly heldBy: Query<{ owner: string }, { id: string }>
  readonly accept: Query<Key & { from: string; owner: string; until: number }, Job>
  readonly release: Query<{ id: string; owner: string; run_at: number }>
  readonly releaseAll: Query<Nothing>
  readonly depth: Query<Nothing, { waiting: number; leased: number }>
}

export function jobQueries({ db, query, dialect }: QueryCompiler): JobQueries {
  function insert(turn: (param: Param<NewRow>) => RawBuilder<number>, end = sql``) {
    return query<NewRow>((param) =>
      db
        .insertInto('jobs')
        .values({
          project: param('project'),
          id: param('id'),
          kind: param('kind'),
          subject: param('subject'),
          lane: param('lane'),
          turn: turn(param),
          run_at: param('run_at'),
          attempts: param('attempts'),
          lease_owner: param('lease_owner'),
          lease_until: param('lease_until'),
        })
        .modifyEnd(end),
    )
  }
  return {
    add: insert((param) => nextTurn(dialect, param), announceJobs(dialect)),
    addHeld: insert((param) => presentTurn(dialect, param)),
    complete: query((param) =>
      db
        .deleteFrom('jobs')
        .where('id', '=', param('id'))
        .where('project', '=', param('project'))
        .where('lease_owner', '=', param('owner'))
        .modifyEnd(subjectFirst(dialect, param)),
    ),
    held: query((param) =>
      db
        .selectFrom('jobs')
        .select('id')
        .where('id', '=', param('id'))
        .where('project', '=', param('project'))
        .where('lease_owner', '=', param('owner'))
        .modifyEnd(sql`${subjectFirst(dialect, param)} ${lockRows(dialect)}`),
    ),
    removeAbout: query((param) =>
      db.deleteFrom('jobs').where('subject', '=', param('subject')).where('project', '=', param('project')),
    ),
    due: query((param) => {
      const wanted = textsOf(dialect, param('kinds'))
      const due = sql`select seq, turn from jobs where kind = wanted.value and ${isDue(param)}`
      const first = sql`order by kind, project, turn, seq limit 1`
      const waiting = forEachRow(dialect, wanted, sql`${due} and ${isWaiting} ${first}`)
      const lapsed = forEachRow(dialect, wanted, sql`${due} and ${isLapsed(param)} ${first}`)
      return sql`select jobs.seq from ${waiting} union all select jobs.seq from ${lapsed} limit 1`
    }),
    claim: query((param) => {
      const choice = sql`select seq from jobs where ${seqAmong(dialect, fairChoice(dialect, param))}`
      // Asked again of what is held now: since the choice was made, somebody else may have claimed and committed.
      const chosen = sql`${choice} and coalesce(lease_until, 0) <= ${param('now')} ${skipLocked(dialect)}`
      return sql`
        update jobs
        set lease_owner = ${param('owner')}, lease_until = ${param('until')}, attempts = attempts + 1
        where ${seqAmong(dialect, chosen)}
        returning id, project, kind, subject, attempts, seq`
    }),
    heartbeat: query((param) => {
      const own = sql`select seq from jobs where lease_owner = ${param('owner')} and ${isLeased} ${skipLocked(dialect)}`
      return sql`update jobs set lease_until = ${param('until')} where ${seqAmong(dialect, own)}`
    }),
    heldBy: query((param) =>
      db.selectFrom('jobs').select('id').where('lease_owner', '=', param('owner')).where(isLeased),
    ),
    accept: query(
      (param) => sql`
        update jobs
        set lease_owner = ${param('owner')}, lease_until = ${param('until')}
        where project = ${param('project')} and id = ${param('id')} and lease_owner = ${param('from')}
        returning id, project, kind, subject, attempts`,
    ),
    release: query((param) =>
      db
        .updateTable('jobs')
        .set({ run_at: param('run_at'), lease_owner: sql`null`, lease_until: sql`null` })
        .where('id', '=', param('id'))
        .where('lease_owner', '=', param('owner'))
        .modifyEnd(announceJobs(dialect)),
    ),
    releaseAll: query(() =>
      db
        .updateTable('jobs')
        .set({ lease_owner: sql`null`, lease_until: sql`null` })
        .where('lease_owner', 'is not', null),
    ),
    depth: query(() =>
      db
        .selectFrom('jobs')
        .select((from) => [
          from.fn.countAll<number>().filterWhere('lease_owner', 'is', null).as('waiting'),
          from.fn.count<number>('lease_owner').as('leased'),
        ]),
    ),
  }
}

/** `freed` is called when a job was added that anybody may take. */
export function jobWriter(
  { queries, connection, freed }: { queries: JobQueries; connection: TransactionConnection; freed: () => void },
  project: string,
): JobWriter {
  return {
    async add({ id, kind, subject, lane = '', runAt, lease }) {
      const held = { attempts: lease ? 1 : 0, lease_owner: lease?.owner ?? null, lease_until: lease?.until ?? null }
      const row = { project, id, kind, subject, lane, run_at: runAt, ...held }
      await connection.post(lease ? queries.addHeld : queries.add, row)
      if (!lease) freed()
    },
    async complete(id, owner) {
      return (await connection.run(queries.complete, { project, id, owner })) > 0
    },
    async held(id, owner) {
      return (await connection.first(queries.held, { project, id, owner })) !== undefined
    },
    async removeAbout(subject) {
      await connection.post(queries.removeAbout, { project, subject })
    },
  }
}
