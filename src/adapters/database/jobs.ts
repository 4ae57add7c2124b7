import { sql } from 'kysely'
import type { Job, JobWriter } from '../../ports/queue.ts'
import type { Connection } from './connection.ts'
import { lockRows, skipLocked } from './dialect.ts'
import type { Param, Query, QueryCompiler } from './query.ts'
import { variants } from './query.ts'
import type { Key, Scoped } from './records.ts'
import type { JobTable } from './tables.ts'

type Nothing = Record<never, never>
type Claim = { now: number; owner: string; until: number; limit: number } & { [kind: `kind${number}`]: string }

/** Claiming looks at every project, so as to be fair between them; what a transaction does is scoped to its own. */
export interface JobQueries {
  readonly add: Query<Omit<JobTable, 'seq'>>
  readonly complete: Query<Key & { owner: string }>
  readonly held: Query<Key & { owner: string }, { id: string }>
  readonly removeAbout: Query<Scoped<{ subject: string }>>
  /** These two by the number of kinds that are wanted. */
  readonly due: (kinds: number) => Query<Claim, { id: string }>
  readonly claim: (kinds: number) => Query<Claim, Job & { seq: number }>
  readonly heartbeat: Query<{ owner: string; until: number }, { id: string }>
  readonly release: Query<{ id: string; owner: string; run_at: number }>
  readonly releaseAll: Query<Nothing>
  readonly depth: Query<Nothing, { waiting: number; leased: number }>
}

export function jobQueries({ db, query, dialect }: QueryCompiler): JobQueries {
  return {
    add: query((param) =>
      db.insertInto('jobs').values({
        project: param('project'),
        id: param('id'),
        kind: param('kind'),
        subject: param('subject'),
        run_at: param('run_at'),
        attempts: param('attempts'),
        lease_owner: param('lease_owner'),
        lease_until: param('lease_until'),
      }),
    ),
    complete: query((param) =>
      db
        .deleteFrom('jobs')
        .where('id', '=', param('id'))
        .where('project', '=', param('project'))
        .where('lease_owner', '=', param('owner')),
    ),
    held: query((param) =>
      db
        .selectFrom('jobs')
        .select('id')
        .where('id', '=', param('id'))
        .where('project', '=', param('project'))
        .where('lease_owner', '=', param('owner'))
        .modifyEnd(lockRows(dialect)),
    ),
    removeAbout: query((param) =>
      db.deleteFrom('jobs').where('subject', '=', param('subject')).where('project', '=', param('project')),
    ),
    due: variants((kinds) => query((param) => sql`select id from jobs where ${free(kinds, param)} limit 1`)),
    claim: variants((kinds) =>
      query(
        (param) => sql`
          update jobs
          set lease_owner = ${param('owner')}, lease_until = ${param('until')}, attempts = attempts + 1
          where seq in (select seq from jobs where seq in (${fairChoice(kinds, param)}) ${skipLocked(dialect)})
          returning id, project, kind, subject, attempts, seq`,
      ),
    ),
    heartbeat: query((param) =>
      db
        .updateTable('jobs')
        .set({ lease_until: param('until') })
        .where('lease_owner', '=', param('owner'))
        .returning('id'),
    ),
    release: query((param) =>
      db
        .updateTable('jobs')
        .set({ run_at: param('run_at'), lease_owner: sql`null`, lease_until: sql`null` })
        .where('id', '=', param('id'))
        .where('lease_owner', '=', param('owner')),
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

/** A job that somebody may take now. */
function free(kinds: number, param: Param<Claim>) {
  const wanted = Array.from({ length: kinds }, (_, index) => param(`kind${index}`))
  const unheld = sql`(lease_until is null or lease_until <= ${param('now')})`
  return sql`kind in (${sql.join(wanted)}) and run_at <= ${param('now')} and ${unheld}`
}

/**
 * The oldest free jobs of each project, then those whose project would have the fewest under way, then the oldest.
 * It hops from project to project along the index, so a long queue of one costs no more than a short one.
 */
function fairChoice(kinds: number, param: Param<Claim>) {
  return sql`
    with recursive projects (project) as (
      select min(project) from jobs
      union all
      select (select min(project) from jobs where jobs.project > projects.project) from projects
      where project is not null
    ), busy (project, held) as (
      select project, (
        select count(*) from jobs where jobs.project = projects.project and lease_until > ${param('now')}
      ) from projects
    ), choice (seq, turn) as (
      select seq, held + row_number() over (partition by jobs.project order by seq)
      from busy cross join jobs
      where seq in (
        select seq from jobs where jobs.project = busy.project and ${free(kinds, param)}
        order by seq limit ${param('limit')}
      )
    )
    select seq from choice order by turn, seq limit ${param('limit')}`
}

/** `freed` is called when a job was added that anybody may take. */
export function jobWriter(
  { queries, connection, freed }: { queries: JobQueries; connection: Connection; freed: () => void },
  project: string,
): JobWriter {
  return {
    async add({ id, kind, subject, runAt, lease }) {
      const held = { attempts: lease ? 1 : 0, lease_owner: lease?.owner ?? null, lease_until: lease?.until ?? null }
      await connection.run(queries.add, { project, id, kind, subject, run_at: runAt, ...held })
      if (!lease) freed()
    },
    async complete(id, owner) {
      return (await connection.run(queries.complete, { project, id, owner })) > 0
    },
    async held(id, owner) {
      return (await connection.first(queries.held, { project, id, owner })) !== undefined
    },
    async removeAbout(subject) {
      await connection.run(queries.removeAbout, { project, subject })
    },
  }
}
