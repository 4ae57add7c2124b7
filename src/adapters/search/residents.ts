import type { LiveSegment, SegmentBytes } from '../../ports/search.ts'
import type { Arena } from './arena.ts'
import { type Details, detailsOf } from './details.ts'
import { type PostingsHead, readHead } from './postings.ts'
import { readLayout } from './vectors.ts'

/** What scoring reads of a segment, where all threads see it. It stays there while `holders` is above 0. */
export interface Resident extends PostingsHead {
  readonly id: string
  readonly vector_store_id: string
  /** Address of the postings. */
  readonly postings: number
  /** Address of the vectors in 8 bits; 0 without vectors. */
  readonly vectors: number
  readonly dimensions: number
  holders: number
  /** The turn of its last use; the cache forgets the oldest first. */
  used: number
  details: Details | undefined
}

/** The segments in memory, within a budget of bytes. What is held stays; of the rest the longest unused goes first. */
export interface Residents {
  get(id: string): Resident | undefined
  /** Brings a segment into memory, for which others go if they must; undefined when those left are held. */
  admit(segment: LiveSegment, bytes: SegmentBytes, now: number): Resident | undefined
  /** Keeps what reading needs while there is room, for which that of segments goes that were used before `now`. */
  keepDetails(id: string, details: Details, now: number): void
  /** Forgets what is there of these stores and not live, nor held. */
  forgetOthers(vector_store_ids: readonly string[], live: readonly LiveSegment[]): void
}

export function createResidents({ arena, memoryBytes }: { arena: Arena; memoryBytes: number }): Residents {
  const residents = new Map<string, Resident>()
  const byStore = new Map<string, Set<Resident>>()
  const spare = Math.floor(memoryBytes / 32) // freed beyond need, so that the next segments need not look again
  let detailBytes = 0

  function admit({ id, vector_store_id }: LiveSegment, bytes: SegmentBytes, now: number): Resident | undefined {
    const { head, layout, vectors, vectorsFrom } = partsOf(bytes)
    const address = makeRoom(vectorsFrom + vectors.byteLength)
    if (address === undefined) return undefined
    const memory = arena.view().bytes
    memory.set(bytes.postings, address)
    memory.set(vectors, address + vectorsFrom)
    const place = { postings: address, vectors: layout ? address + vectorsFrom : 0 }
    const use = { holders: 0, used: now, details: undefined }
    const resident = { ...head, id, vector_store_id, ...place, dimensions: layout?.dimensions ?? 0, ...use }
    residents.set(id, resident)
    byStore.set(vector_store_id, (byStore.get(vector_store_id) ?? new Set()).add(resident))
    const details = detailsOf(bytes)
    if (fits(details.bytes)) setDetails(resident, details)
    return resident
  }

  function makeRoom(size: number): number | undefined {
    const address = place(size)
    if (address !== undefined) return address
    const all = oldestFirst()
    const idle = all.filter(({ holders }) => holders === 0)
    for (const resident of all) if (!fits(size + spare)) setDetails(resident, undefined)
    for (const resident of idle) if (!fits(size + spare)) drop(resident)
    // There may be room enough and yet no piece that is large enough.
    for (const resident of idle) {
      const address = place(size)
      if (address !== undefined) return address
      if (residents.has(resident.id)) drop(resident)
    }
    return place(size) ?? (residents.size === 0 ? placeAlone(size) : undefined)
  }

  function place(size: number): number | undefined {
    return fits(size) ? arena.allocate(size, memoryBytes) : undefined
  }

  /** A segment may be larger than the budget when nothing else is there. */
  function placeAlone(size: number): number {
    const address = arena.allocate(size, Number.POSITIVE_INFINITY)
    if (address === undefined) throw new RangeError(`a segment of ${size} bytes cannot be searched`)
    return address
  }

  function fits(size: number): boolean {
    return arena.used() + detailBytes + size <= memoryBytes
  }

  function oldestFirst(): Resident[] {
    return [...residents.values()].sort((a, b) => a.used - b.used)
  }

  function drop(resident: Resident): void {
    setDetails(resident, undefined)
    arena.free(resident.postings)
    residents.delete(resident.id)
    const store = byStore.get(resident.vector_store_id)
    store?.delete(resident)
    if (store?.size === 0) byStore.delete(resident.vector_store_id)
  }

  function setDetails(resident: Resident, details: Details | undefined): void {
    detailBytes += (details?.bytes ?? 0) - (resident.details?.bytes ?? 0)
    resident.details = details
  }

  function keepDetails(id: string, details: Details, now: number): void {
    const resident = residents.get(id)
    if (!resident || resident.details) return
    const older = fits(details.bytes) ? [] : oldestFirst().filter(({ used }) => used < now)
    for (const other of older) if (!fits(details.bytes + spare)) setDetails(other, undefined)
    if (fits(details.bytes)) setDetails(resident, details)
  }

  function forgetOthers(vector_store_ids: readonly string[], live: readonly LiveSegment[]): void {
    const stores = [...new Set(vector_store_ids)]
    const known = stores.reduce((sum, store) => sum + (byStore.get(store)?.size ?? 0), 0)
    const alive = live.reduce((sum, { id }) => sum + (residents.has(id) ? 1 : 0), 0)
    if (known === alive) return
    const ids = new Set(live.map(({ id }) => id))
    for (const resident of stores.flatMap((store) => [...(byStore.get(store) ?? [])])) {
      if (!ids.has(resident.id) && resident.holders === 0) drop(resident)
    }
  }

  return { get: (id) => residents.get(id), admit, keepDetails, forgetOthers }
}

/** What scoring reads of a segment; the vectors in 8 bits come behind the postings. */
function partsOf({ postings, vectors }: SegmentBytes) {
  const layout = vectors && readLayout(vectors)
  return {
    head: readHead(postings),
    layout,
    vectors: vectors?.subarray(0, layout?.exact) ?? new Uint8Array(),
    vectorsFrom: Math.ceil(postings.byteLength / 16) * 16,
  }
}
