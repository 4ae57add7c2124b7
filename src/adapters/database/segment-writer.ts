import type { Transaction } from '../../ports/store.ts'
import type { TransactionConnection } from './connection.ts'
import type { Query } from './query.ts'
import type { SegmentPiece } from './segment-pieces.ts'
import { cutSegment } from './segment-pieces.ts'
import type { SegmentQueries } from './segments.ts'

export interface SegmentWriter extends Pick<Transaction['segments'], 'put' | 'removeAll'> {
  /** The segment of one file, if it has one; whether or not, a search may see something else from now on. */
  remove(vector_store_id: string, file_id: string): Promise<void>
  /** Notes that a search in the store may see something else from now on. */
  changed(vector_store_id: string): Promise<void>
}

/** `dropped` is called when there is something to clear away. */
export function segmentWriter(
  { queries, connection, dropped }: { queries: SegmentQueries; connection: TransactionConnection; dropped: () => void },
  project: string,
): SegmentWriter {
  async function drop<Values>(query: Query<Values>, values: Values): Promise<void> {
    if ((await connection.run(query, values)) > 0) dropped()
  }

  async function changed(vector_store_id: string): Promise<void> {
    await connection.post(queries.changed, { project, vector_store_id })
  }

  async function insertPieces(segment_id: string, pieces: readonly SegmentPiece[]): Promise<void> {
    for (const piece of pieces) {
      if (piece.place > 0) await new Promise(setImmediate) // other writers wait for us, the event loop does not
      await connection.run(queries.insertPiece, { project, segment_id, ...piece })
    }
  }
  return {
    changed,
    async put({ id, vector_store_id, file_id, chunk_count, space, ...parts }) {
      const pieces = cutSegment(parts)
      const size = parts.texts.length + parts.postings.length + (parts.vectors?.length ?? 0)
      const header = { id, vector_store_id, file_id, chunk_count, space, size, pieces: pieces.length }
      await drop(queries.drop, { project, vector_store_id, file_id })
      await connection.post(queries.insert, { project, ...header })
      await insertPieces(id, pieces)
      await changed(vector_store_id)
    },
    async remove(vector_store_id, file_id) {
      await drop(queries.drop, { project, vector_store_id, file_id })
      await changed(vector_store_id)
    },
    async removeAll(vector_store_id) {
      await drop(queries.dropAll, { project, vector_store_id })
      await changed(vector_store_id)
    },
  }
}
