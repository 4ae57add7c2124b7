import { DatabaseSync } from 'node:sqlite'
import { getLoadablePath } from 'sqlite-vec'

/** Vectors in a table of sqlite-vec: 32-bit floats, compared one by one by their cosine, which is exact. */
export interface VectorTable {
  add(store: number, vectors: readonly Float32Array[]): void
  /** The nearest of one store, nearest first. */
  nearest(store: number, query: Float32Array, count: number): Neighbour[]
  /** Of the whole database. */
  bytes(): number
  close(): void
}

export interface Neighbour {
  /** Counted from 1, in the order in which vectors were added. */
  readonly row: number
  readonly cosine: number
}

/** Why sqlite-vec cannot be had here: not every system has a binary of it. Null where it can. */
export function whyNoSqliteVec(): string | null {
  try {
    openVectorTable(':memory:', { dimensions: 8 }).close()
    return null
  } catch (error) {
    return `sqlite-vec is left out: ${error instanceof Error ? error.message : error}`
  }
}

/** `chunkSize` is the number of vectors for which each store reserves room at once; 1024 unless told. */
export function openVectorTable(
  file: string,
  { dimensions, chunkSize = 1024 }: { dimensions: number; chunkSize?: number },
): VectorTable {
  const database = new DatabaseSync(file, { allowExtension: true })
  database.exec('pragma synchronous = off') // how fast it writes is not asked
  database.loadExtension(getLoadablePath())
  database.exec(`create virtual table passage using vec0(
    store integer partition key, vector float[${dimensions}] distance_metric=cosine, chunk_size=${chunkSize})`)
  const insert = database.prepare('insert into passage (store, vector) values (?, ?)')
  const select = database.prepare('select rowid, distance from passage where vector match ? and k = ? and store = ?')
  const size = database.prepare('select page_count * page_size as bytes from pragma_page_count, pragma_page_size')

  function add(store: number, vectors: readonly Float32Array[]): void {
    database.exec('begin')
    for (const vector of vectors) insert.run(BigInt(store), bytesOf(vector))
    database.exec('commit')
  }

  function nearest(store: number, query: Float32Array, count: number): Neighbour[] {
    const rows = select.all(bytesOf(query), count, BigInt(store))
    return rows.map(({ rowid, distance }) => ({ row: Number(rowid), cosine: 1 - Number(distance) }))
  }
  return { add, nearest, bytes: () => Number(size.get()?.bytes), close: () => database.close() }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
