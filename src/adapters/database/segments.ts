import { sql } from 'kysely'
import type { OutsideSegment } from '../../ports/search.ts'
import { textsOf } from './dialect.ts'
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
  readonly insertPiece: Query<SegmentPiece & { segment_id: string }>
  readonly drop: Query<OfFile>
  readonly dropAll: Query<InStore>
  readonly changed: Query<InStore>
  /** Those that are not dropped, in the order of `ids`, which is a JSON array. */
  readonly headers: Query<{ ids: string }, SegmentHeader>
  /** The pieces from one place to before another, segment by segment; `ids` is a JSON array. */
  readonly pieces: Query<{ ids: string; from: number; before: number }, SegmentPiece & { segment_id: string }>
  readonly outside: Query<{ space: string; after: string; limit: number }, OutsideSegment>
  /** Pieces of the oldest `limit` dropped segments, at most `limit` of them; and those segments themselves. */
  readonly removePieces: Query<{ limit: number }>
  readonly removeDropped: Query<{ limit: number }>
}

export function segmentQueries({ db, query, dialect }: QueryCompiler): SegmentQueries {
  const nowhere = { vector_store_id: sql<null>`null`, file_id: sql<null>`null` }
  const oldestDropped = sql`segments where vector_store_id is null order by seq limit`
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
      const wanted = sql`${textsOf(dialect, param('ids'))} cross join segment_pieces`
      const range = sql`place >= ${param('from')} and place < ${param('before')}`
      const row = sql`segment_id, place, texts, postings, vectors`
      return sql`select ${row} from ${wanted} where segment_id = wanted.value and ${range}`
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
    removePieces: query((param) => {
      const dropped = sql`select id from ${oldestDropped} ${param('limit')}`
      const some = sql`select seq from segment_pieces where segment_id in (${dropped}) limit ${param('limit')}`
      return sql`delete from segment_pieces where seq in (${some})`
    }),
    removeDropped: query(
      (param) => sql`delete from segments where seq in (select seq from ${oldestDropped} ${param('limit')})`,
    ),
  }
}
