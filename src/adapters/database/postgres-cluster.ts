import { sql } from 'kysely'
import type { Bus, Cluster, Holder, Node } from '../../ports/cluster.ts'
import type { Connection } from './connection.ts'
import { type Query, queryCompiler } from './query.ts'

interface Wanted {
  /** As many as there are ids: the project of each. */
  readonly projects: readonly string[]
  readonly ids: readonly string[]
}

/** Nodes belong to no project. */
interface ClusterQueries {
  readonly beat: Query<Node & { seen_at: number }>
  readonly living: Query<{ since: number }, Node>
  readonly remove: Query<{ id: string }>
  readonly removeUnseen: Query<{ before: number }>
  readonly offerSecret: Query<{ secret: string }>
  readonly secret: Query<Record<never, never>, { secret: string }>
  readonly holders: Query<Wanted, Holder>
  readonly holdersAbout: Query<{ project: string; subject: string }, Holder>
}

/** What the processes that share a Postgres database know of each other. `single` runs each statement by itself. */
export function postgresCluster({ single, bus }: { single: Connection; bus: Bus }): Cluster {
  const queries = clusterQueries()

  async function secret(candidate: string): Promise<string> {
    await single.run(queries.offerSecret, { secret: candidate })
    const kept = await single.first(queries.secret, {})
    if (!kept) throw new Error('the secret of the nodes is gone')
    return kept.secret
  }

  return {
    nodes: {
      async beat(node, now) {
        await single.run(queries.beat, { ...node, seen_at: now })
      },
      living: (since) => single.all(queries.living, { since }),
      async remove(id) {
        await single.run(queries.remove, { id })
      },
      async removeUnseen(before) {
        await single.run(queries.removeUnseen, { before })
      },
      secret,
    },
    bus,
    holders: (jobs) =>
      single.all(queries.holders, { projects: jobs.map(({ project }) => project), ids: jobs.map(({ id }) => id) }),
    holdersAbout: (project, subject) => single.all(queries.holdersAbout, { project, subject }),
  }
}

function clusterQueries(): ClusterQueries {
  const { query } = queryCompiler('postgres')
  const holder = sql`select jobs.id, lease_owner as owner, lease_until as until from jobs`
  return {
    beat: query(
      (param) => sql`
        insert into nodes (id, url, role, seen_at)
        values (${param('id')}, ${param('url')}, ${param('role')}, ${param('seen_at')})
        on conflict (id) do update set seen_at = excluded.seen_at`,
    ),
    living: query((param) => sql`select id, url, role from nodes where seen_at >= ${param('since')}`),
    remove: query((param) => sql`delete from nodes where id = ${param('id')}`),
    removeUnseen: query((param) => sql`delete from nodes where seen_at < ${param('before')}`),
    offerSecret: query(
      (param) =>
        sql`insert into node_secrets (place, secret) values (1, ${param('secret')}) on conflict (place) do nothing`,
    ),
    secret: query(() => sql`select secret from node_secrets`),
    holders: query((param) => {
      const wanted = sql`unnest(${param('projects')}::text[], ${param('ids')}::text[]) as wanted (project, id)`
      return sql`${holder} join ${wanted} on jobs.project = wanted.project and jobs.id = wanted.id`
    }),
    holdersAbout: query(
      (param) => sql`${holder} where project = ${param('project')} and subject = ${param('subject')}`,
    ),
  }
}
