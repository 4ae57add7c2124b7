import { sql } from 'kysely'
import { fromText } from '../../api/json.ts'
import type { Attributes } from '../../api/vector-store.ts'
import type { LiveSegment, SegmentSource } from '../../ports/search.ts'
import type { Connection } from './connection.ts'
import { textIn, textsOf } from './dialect.ts'
import type { Query, QueryCompiler } from './query.ts'
import type { Scoped } from './records.ts'

/** Lists are kept until something in their store changes; so many segments in all, unless a single list is longer. */
const keptSegments = 50_000

interface SearchableStore {
  readonly id: string
  readonly revision: number
}
type Found = Omit<LiveSegment, 'attributes'> & { attributes: string }

export interface LiveSegmentQueries {
  /** Those of the stores that are not expired. */
  readonly searchable: Query<Scoped<{ ids: readonly string[] }>, SearchableStore>
  readonly live: Query<Scoped<{ vector_store_id: string }>, Found>
}

export function liveSegmentQueries({ query, dialect }: QueryCompiler): LiveSegmentQueries {
  return {
    searchable: query((param) => {
      const wanted = sql`${textsOf(dialect, param('ids'))} cross join vector_stores`
      const scope = sql`id = wanted.value and project = ${param('project')}`
      const lasting = sql`${textIn(dialect, 'body', 'status')} is distinct from 'expired'`
      return sql`select id, revision from ${wanted} where ${scope} and ${lasting}`
    }),
    live: query(
      (param) => sql`
        select segments.id, files.vector_store_id, files.id as file_id, filename, attributes, chunk_count, space
        from vector_store_files as files
        cross join segments
        where files.project = ${param('project')}
          and files.vector_store_id = ${param('vector_store_id')}
          and files.status = 'completed'
          and segments.project = files.project
          and segments.vector_store_id = files.vector_store_id
          and segments.file_id = files.id`,
    ),
  }
}

/**
 * Asks each time which stores there are and whether they changed. A list is read after its store's revision, so it is
 * at least as new as that: the worst that can happen is that it is read once more than needed.
 */
export function liveSegments({
  queries,
  reader,
}: {
  queries: LiveSegmentQueries
  reader: Connection
}): SegmentSource['live'] {
  const kept = new Map<string, { revision: number; segments: readonly LiveSegment[] }>() // the least used first
  let size = 0

  async function segmentsOf(project: string, { id, revision }: SearchableStore): Promise<readonly LiveSegment[]> {
    const known = forget(id)
    const segments = known?.revision === revision ? known.segments : await read(project, id)
    keep(id, revision, segments)
    return segments
  }

  async function read(project: string, vector_store_id: string): Promise<LiveSegment[]> {
    const found = await reader.all(queries.live, { project, vector_store_id })
    return found.map((row) => ({ ...row, attributes: fromText<Attributes>(row.attributes) }))
  }

  function keep(id: string, revision: number, segments: readonly LiveSegment[]): void {
    forget(id) // somebody who asked at the same time may have been faster
    kept.set(id, { revision, segments })
    size += segments.length
    for (const oldest of kept.keys()) {
      if (size <= keptSegments || oldest === id) break
      forget(oldest)
    }
  }

  function forget(id: string) {
    const known = kept.get(id)
    kept.delete(id)
    size -= known?.segments.length ?? 0
    return known
  }
  return async (project, vector_store_ids) => {
    const ids = [...new Set(vector_store_ids)]
    const stores = await reader.all(queries.searchable, { project, ids })
    const lists: (readonly LiveSegment[])[] = []
    const own: LiveSegment[] = []
    for (const store of stores) lists.push(await segmentsOf(project, store))
    return own.concat(...lists) // much faster than `flat`
  }
}
