import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Dialect } from './dialect.ts'
import { forEachRow, greatest, textsOf } from './dialect.ts'
import type { Param } from './query.ts'
import type { JobTable } from './tables.ts'

/** What tells free jobs from others. `kinds` are those that are wanted. */
export type Free = { kinds: readonly string[]; now: number }
type Choice = Free & { limit: number }
type Lane = Pick<JobTable, 'kind' | 'project' | 'lane'>

/** The two ways to be free, each with an index of its own. */
export const isWaiting = sql<boolean>`lease_until is null`
export const isLeased = sql<boolean>`lease_until is not null`

export function isLapsed(param: Param<Free>) {
  return sql<boolean>`lease_until <= ${param('now')}`
}

export function isDue(param: Param<Free>) {
  return sql<boolean>`run_at <= ${param('now')}`
}

/**
 * The turn after the last of its lane; in an empty lane the one after the turn that is served at present. So every lane
 * has one job in a turn, however many it has in all, and who claims by turns need not look at the lanes.
 */
export function nextTurn(dialect: Dialect, param: Param<Lane>): RawBuilder<number> {
  const ofLane = sql`kind = ${param('kind')} and project = ${param('project')} and lane = ${param('lane')}`
  const last = sql<number>`coalesce((select max(turn) from jobs where ${ofLane}), 0)`
  return sql`1 + ${greatest(dialect, presentTurn(dialect, param), last)}`
}

/** The last turn that was taken, or the one before the first that waits. */
export function presentTurn(dialect: Dialect, param: Param<Lane>): RawBuilder<number> {
  const ofProject = sql`kind = ${param('kind')} and project = ${param('project')}`
  const taken = sql<number>`coalesce((select max(turn) from jobs where ${ofProject} and ${isLeased}), 0)`
  const waiting = sql<number>`coalesce((select min(turn) from jobs where ${ofProject} and ${isWaiting}), 1)`
  return greatest(dialect, taken, sql`${waiting} - 1`)
}

/**
 * The first free jobs of each project, then those whose project would have the fewest under way, then the oldest; each
 * kind for itself. It hops from project to project along an index, so a long queue of one costs no more than a short one.
 */
export function fairChoice(dialect: Dialect, param: Param<Choice>) {
  const ofQueue = sql`jobs.kind = queues.kind and jobs.project = queues.project`
  const due = sql`select seq, turn from jobs where ${ofQueue} and ${isDue(param)}`
  const first = sql`order by turn, seq limit ${param('limit')}`
  const free = sql`
    select seq, turn from (${due} and ${isWaiting} ${first}) as waiting
    union all
    select seq, turn from (${due} and ${isLapsed(param)} ${first}) as lapsed
    ${first}`
  return sql`
    with recursive hops (kind, project) as (
      select wanted.value, (select min(project) from jobs where kind = wanted.value)
      from ${textsOf(dialect, param('kinds'))}
      union all
      select kind, (select min(project) from jobs where jobs.kind = hops.kind and jobs.project > hops.project) from hops
      where project is not null
    ), queues (kind, project, held) as materialized (
      select kind, project, (
        select count(*) from jobs
        where jobs.kind = hops.kind and jobs.project = hops.project and lease_until > ${param('now')}
      ) from hops
    ), choice (seq, place) as (
      select jobs.seq, held + row_number() over (partition by queues.kind, queues.project order by jobs.turn, jobs.seq)
      from ${forEachRow(dialect, sql`queues`, free)}
    )
    select seq from choice order by place, seq limit ${param('limit')}`
}
