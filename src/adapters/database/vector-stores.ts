import type { VectorStore } from '../../api/vector-store.ts'
import type { Transaction, VectorStoreRow } from '../../ports/store.ts'
import type { TransactionConnection } from './connection.ts'
import type { ListQueries } from './lists.ts'
import { listQueries } from './lists.ts'
import type { Query, QueryCompiler } from './query.ts'
import type { RecordQueries, Scoped } from './records.ts'
import { recordQueries, writes } from './records.ts'

export interface VectorStoreQueries extends RecordQueries<VectorStoreRow>, ListQueries<VectorStore> {
  readonly removeBatches: Query<Scoped<{ vector_store_id: string }>>
}

export function vectorStoreQueries(compiler: QueryCompiler): VectorStoreQueries {
  const { db, query } = compiler
  return {
    ...recordQueries(compiler, 'vector_stores', { inOrder: true }),
    ...listQueries(compiler, 'vector_stores'),
    removeBatches: query((param) =>
      db
        .deleteFrom('file_batches')
        .where('vector_store_id', '=', param('vector_store_id'))
        .where('project', '=', param('project')),
    ),
  }
}

export function vectorStoreWriter(
  { queries, connection }: { queries: VectorStoreQueries; connection: TransactionConnection },
  project: string,
  files: Pick<Transaction['vectorStoreFiles'], 'removeAll'>,
): Transaction['vectorStores'] {
  const records = writes(queries, connection, { project })
  return {
    ...records,
    async remove(id) {
      if (!(await records.remove(id))) return false
      await files.removeAll(id)
      await connection.post(queries.removeBatches, { project, vector_store_id: id })
      return true
    },
  }
}
