import { sql } from 'kysely'
import type { VectorStoreFile } from '../../api/vector-store.ts'
import type { StoreFileReader, Transaction, VectorStoreFileRow } from '../../ports/store.ts'
import type { Connection, TransactionConnection } from './connection.ts'
import { lockRows } from './dialect.ts'
import type { ListQueries } from './lists.ts'
import { listPage, listQueries } from './lists.ts'
import { storeFirst } from './lock-order.ts'
import type { Queries } from './queries.ts'
import type { Query, QueryCompiler } from './query.ts'
import type { RecordQueries, Scope, Scoped } from './records.ts'
import { reads, recordQueries, writes } from './records.ts'
import type { SegmentWriter } from './segment-writer.ts'
import { columns } from './tables.ts'

type InStore = Scope & { vector_store_id: string }

export interface VectorStoreFileQueries
  extends RecordQueries<VectorStoreFileRow, InStore>,
    ListQueries<VectorStoreFile> {
  readonly holding: Query<Scoped<{ file_id: string }>, VectorStoreFileRow>
  readonly openOfBatch: Query<Scoped<{ batch_id: string }>, VectorStoreFileRow>
  readonly removeAll: Query<InStore>
}

export function vectorStoreFileQueries(compiler: QueryCompiler): VectorStoreFileQueries {
  const { db, query, dialect } = compiler
  const rows = db.selectFrom('vector_store_files').select(columns.vector_store_files)
  return {
    ...recordQueries<'vector_store_files', InStore>(compiler, 'vector_store_files', {
      within: 'vector_store_id',
      first: (param) => storeFirst(dialect, param),
    }),
    ...listQueries(compiler, 'vector_store_files', { changing: ['status'] }),
    holding: query((param) =>
      rows
        .where('id', '=', param('file_id'))
        .where('project', '=', param('project'))
        .orderBy('seq')
        .modifyEnd(lockRows(dialect)),
    ),
    openOfBatch: query((param) =>
      rows
        .where('batch_id', '=', param('batch_id'))
        .where('status', '=', sql.lit('in_progress'))
        .where('project', '=', param('project'))
        .orderBy('seq')
        .modifyEnd(lockRows(dialect)),
    ),
    removeAll: query((param) =>
      db
        .deleteFrom('vector_store_files')
        .where('vector_store_id', '=', param('vector_store_id'))
        .where('project', '=', param('project')),
    ),
  }
}

export function vectorStoreFileReader(
  { vectorStoreFiles, segments }: Pick<Queries, 'vectorStoreFiles' | 'segments'>,
  connection: Connection,
  project: string,
): StoreFileReader {
  return {
    get: (vector_store_id, id) => reads(vectorStoreFiles, connection, { project, vector_store_id }).get(id),
    list: (filter, page) => listPage({ queries: vectorStoreFiles, connection, project }, filter, page),
    async segmentOf(vector_store_id, file_id) {
      return (await connection.first(segments.idOf, { project, vector_store_id, file_id }))?.id
    },
  }
}

export function vectorStoreFileWriter(
  { queries, connection }: { queries: VectorStoreFileQueries; connection: TransactionConnection },
  project: string,
  segments: SegmentWriter,
): Transaction['vectorStoreFiles'] {
  function within(vector_store_id: string) {
    return writes(queries, connection, { project, vector_store_id })
  }
  return {
    get: (vector_store_id, file_id) => within(vector_store_id).get(file_id),
    holding: (file_id) => connection.all(queries.holding, { project, file_id }),
    openOfBatch: (batch_id) => connection.all(queries.openOfBatch, { project, batch_id }),
    async insert(row) {
      await within(row.vector_store_id).insert(row)
      if (row.status === 'completed') await segments.changed(row.vector_store_id)
    },
    async update(vector_store_id, file_id, change) {
      if (!(await within(vector_store_id).update(file_id, change))) return false
      await segments.changed(vector_store_id)
      return true
    },
    async remove(vector_store_id, file_id) {
      if (!(await within(vector_store_id).remove(file_id))) return false
      await segments.remove(vector_store_id, file_id)
      return true
    },
    async removeAll(vector_store_id) {
      await segments.removeAll(vector_store_id)
      await connection.post(queries.removeAll, { project, vector_store_id })
    },
  }
}
