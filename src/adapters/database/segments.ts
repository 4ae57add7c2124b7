import { type RawBuilder, sql } from 'kysely'
import type { OutsideSegment } from '../../ports/search.ts'
import { type Dialect, rowId, skipLocked, textsOf } from './dialect.ts'
import type { Query, QueryCompiler } from './query.ts'
import type { Scoped } from './records.ts'
import type { SegmentPiece } from './segment-pieces.ts'
import type { SegmentTable } from './tables.ts'

type InStore = Scoped<{ vector_store_id: string }>
type OfFile = InStore & { file_id: string }
export type SegmentHeader = Pick<SegmentTable, 'id' | 'chunk_count' | 'space' | 'size' | 'pieces'>

/**
 * A segment is a row without its bytes, and pieces with them. To drop one is to take it from its store, which costs the
 * same for any size; what is left of it is removed afterwards, see `dropped-segments.ts`.
 */
export interface SegmentQueries {
  readonly idOf: Query<OfFile, { id: string }>
  readonly insert: Query<Scoped<SegmentHeader & { vector_store_id: string; file_id: string }>>
  readonly insertPiece: Query<Scoped<SegmentPiece & { segment_id: string }>>
  readonly drop: Query<OfFile>
  readonly dropAll: Query<InStore>
  readonly changed: Query<InStore>
  /** Those that are not dropped. */
  readonly headers: Query<{ ids: readonly string[] }, SegmentHeader>
  /** The pieces from one place to before another. */
  readonly pieces: Query<
    { ids: readonly string[]; from: number; before: number },
    SegmentPiece & { segment_id: string }
  >
  readonly outside: Query<{ space: string; after: string; limit: number }, OutsideSegment>
  /** The oldest that were dropped, but those that another process is removing. */
  readonly dropped: Query<{ limit: number }, { id: string }>
  /** At most `limit` pieces of these; and those segments themselves. */
  readonly removePieces: Query<{ ids: readonly string[]; limit: number }>
  readonly removeDropped: Query<{ ids: readonly string[] }>
}

export function segmentQueries({ db, query, dialect }: QueryCompiler): SegmentQueries {
  const nowhere = { vector_store_id: sql<null>`null`, file_id: sql<null>`null` }
  return {
    idOf: query((param) =>
      db
        .selectFrom('segments')
        .select('id')
        .where('vector_store_id', '=', param('vector_store_id'))
        .where('file_id', '=', param('file_id'))
        .where('project', '=', param('project')),
    ),
    insert: query((param) =>
      db.insertInto('segments').values({
        project: param('project'),
        id: param('id'),
        vector_store_id: param('vector_store_id'),
        file_id: param('file_id'),
        chunk_count: param('chunk_count'),
        space: param('space'),
        size: param('size'),
        pieces: param('pieces'),
      }),
    ),
    insertPiece: query((param) =>
      db.insertInto('segment_pieces').values({
        ...(dialect === 'postgres' && { project: param('project') }),
        segment_id: param('segment_id'),
        place: param('place'),
        texts: param('texts'),
        postings: param('postings'),
        vectors: param('vectors'),
      }),
    ),
    drop: query((param) =>
      db
        .updateTable('segments')
        .set(nowhere)
        .where('vector_store_id', '=', param('vector_store_id'))
        .where('file_id', '=', param('file_id'))
        .where('project', '=', param('project')),
    ),
    dropAll: query((param) =>
      db
        .updateTable('segments')
        .set(nowhere)
        .where('vector_store_id', '=', param('vector_store_id'))
        .where('project', '=', param('project')),
    ),
    changed: query((param) =>
      db
        .updateTable('vector_stores')
        .set({ revision: sql<number>`revision + 1` })
        .where('id', '=', param('vector_store_id'))
        .where('project', '=', param('project')),
    ),
    headers: query((param) => {
      const wanted = sql`${textsOf(dialect, param('ids'))} cross join segments`
      const row = sql`id, chunk_count, space, size, pieces`
      return sql`select ${row} from ${wanted} where id = wanted.value and vector_store_id is not null`
    }),
    pieces: query((param) => {
      const range = sql`place >= ${param('from')} and place < ${param('before')}`
      const row = sql`segment_id, place, texts, postings, vectors`
      return sql`select ${row} from ${piecesOf(dialect, textsOf(dialect, param('ids')))} and ${range}`
    }),
    outside: query((param) =>
      db
        .selectFrom('segments')
        .select(['id', 'project', 'vector_store_id', 'file_id'])
        .where('id', '>', param('after'))
        .where(sql<boolean>`space is distinct from ${param('space')}`)
        .where('vector_store_id', 'is not', null)
        .orderBy('id')
        .limit(param('limit')),
    ),
    dropped: query((param) =>
      db
        .selectFrom('segments')
        .select('id')
        .where('vector_store_id', 'is', null)
        .orderBy('seq')
        .limit(param('limit'))
        .modifyEnd(skipLocked(dialect)),
    ),
    removePieces: query((param) => {
      const row = rowId(dialect, 'segment_pieces')
      const dropped = piecesOf(dialect, textsOf(dialect, param('ids')))
      return sql`delete from segment_pieces where ${row} in (select ${row} from ${dropped} limit ${param('limit')})`
    }),
    removeDropped: query(
      (param) => sql`
        delete from segments
        where vector_store_id is null and id in (select value from ${textsOf(dialect, param('ids'))})`,
    ),
  }
}

/**
 * The pieces of wanted segments. On Postgres each names its project, by which tables can be spread over several servers;
 * who asks knows only the segment.
 */
function piecesOf(dialect: Dialect, wanted: RawBuilder<unknown>) {
  return dialect === 'postgres'
    ? sql`${wanted} join segments on segments.id = wanted.value
        join segment_pieces on segment_pieces.project = segments.project and segment_id = segments.id where true`
    : sql`${wanted} cross join segment_pieces where segment_id = wanted.value`
}
