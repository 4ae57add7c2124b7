import type { SegmentBytes, SegmentSource } from '../../ports/search.ts'
import type { Connection } from './connection.ts'
import type { SegmentPiece } from './segment-pieces.ts'
import { joinPieces } from './segment-pieces.ts'
import type { SegmentHeader, SegmentQueries } from './segments.ts'

/** About so much is read at once; the event loop gets a turn in between. */
const readBytes = 4 * 1024 ** 2
/** Of a segment that is larger, so many pieces. */
const readPieces = 4

export function loadSegments({
  queries,
  reader,
}: {
  queries: SegmentQueries
  reader: Connection
}): SegmentSource['load'] {
  return async (ids) => {
    const loaded = new Map<string, SegmentBytes>()
    const headers = await reader.all(queries.headers, { ids: [...new Set(ids)] })
    for (const group of groupsOf(headers)) {
      const pieces = await piecesOf({ queries, reader }, group)
      for (const { id, chunk_count, space, pieces: count } of group) {
        const own = pieces.get(id)
        // Fewer than it had: it was dropped since, and is being removed.
        if (own?.length === count) loaded.set(id, { chunk_count, space, ...joinPieces(own) })
      }
    }
    return loaded
  }
}

/** In groups of about `readBytes`; one that is larger is alone. */
function groupsOf(headers: readonly SegmentHeader[]): SegmentHeader[][] {
  const groups: SegmentHeader[][] = []
  let group: SegmentHeader[] = []
  let size = 0
  for (const header of headers) {
    if (size + header.size > readBytes && group.length > 0) {
      groups.push(group)
      group = []
      size = 0
    }
    group.push(header)
    size += header.size
  }
  return group.length > 0 ? [...groups, group] : groups
}

async function piecesOf(
  { queries, reader }: { queries: SegmentQueries; reader: Connection },
  group: readonly SegmentHeader[],
): Promise<ReadonlyMap<string, SegmentPiece[]>> {
  const ids = group.map((header) => header.id)
  const most = Math.max(...group.map((header) => header.pieces))
  const found: (SegmentPiece & { segment_id: string })[] = []
  for (let from = 0; from < most; from += readPieces) {
    found.push(...(await reader.all(queries.pieces, { ids, from, before: from + readPieces })))
    await new Promise(setImmediate)
  }
  return Map.groupBy(found, (piece) => piece.segment_id)
}
