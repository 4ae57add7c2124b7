import type { LiveSegment, SegmentBytes, SegmentSource } from '../../ports/search.ts'
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

/** Segments that are in memory together, with their numbers among those that were asked for. */
export interface Wave {
  readonly numbers: readonly number[]
  readonly residents: readonly Resident[]
}

interface MutableWave extends Wave {
  readonly numbers: number[]
  readonly residents: Resident[]
}

interface Loading {
  readonly segments: readonly LiveSegment[]
  /** Numbers of those still to be loaded. */
  readonly missing: number[]
  readonly inHand: Map<string, SegmentBytes>
  readonly now: number
  readonly signal: AbortSignal
}

/** Segments in memory, within a budget. */
export interface SegmentCache {
  /**
   * Brings segments into memory: first those that are there, then the others as they fit; usually one wave or two. A
   * wave stays until the next one is asked for. Segments that are gone are left out.
   */
  waves(segments: readonly LiveSegment[], signal: AbortSignal): AsyncGenerator<Wave>
  /** What reading needs of these segments; those that are gone are left out. */
  details(ids: readonly string[]): Promise<Map<string, Details>>
  /** Forgets what is in memory of these stores and not live. */
  forgetOthers(vector_store_ids: readonly string[], live: readonly LiveSegment[]): void
}

/** Segments are loaded so many chunks at a time. */
const chunksAtOnce = 2000

export function createSegmentCache({
  source,
  arena,
  memoryBytes,
}: {
  source: SegmentSource
  arena: Arena
  memoryBytes: number
}): SegmentCache {
  const residents = new Map<string, Resident>()
  const byStore = new Map<string, Set<Resident>>()
  let turn = 0
  let detailBytes = 0
  let loading: Promise<unknown> = Promise.resolve()
  let released = Promise.withResolvers<void>()

  async function* waves(segments: readonly LiveSegment[], signal: AbortSignal): AsyncGenerator<Wave> {
    const now = ++turn
    const missing: number[] = []
    const inHand = new Map<string, SegmentBytes>() // loaded, but there was no more room
    let wave = emptyWave()
    for (const [number, { id }] of segments.entries()) {
      const resident = residents.get(id)
      if (resident) hold(resident, number, wave, now)
      else missing.push(number)
    }
    while (true) {
      try {
        if (wave.residents.length > 0) yield wave
      } finally {
        release(wave)
      }
      if (missing.length === 0) return
      wave = await inTurn(() => load({ segments, missing, inHand, now, signal }))
    }
  }

  function hold(resident: Resident, number: number, wave: MutableWave, now: number): void {
    resident.holders += 1
    resident.used = now
    wave.numbers.push(number)
    wave.residents.push(resident)
  }

  function release({ residents }: Wave): void {
    for (const resident of residents) resident.holders -= 1
    released.resolve()
    released = Promise.withResolvers()
  }

  /** One loads at a time, so that two never wait for each other's memory, and nothing is loaded twice. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = loading.then(work)
    loading = result.catch(() => undefined) // whoever asked hears of it
    return result
  }

  /** Loads as many of the missing as fit, and takes them off the list. */
  async function load({ segments, missing, inHand, now, signal }: Loading): Promise<MutableWave> {
    const wave = emptyWave()
    let isFull = false
    try {
      while (missing.length > 0 && !isFull) {
        signal.throwIfAborted()
        const batch = missing.splice(0, batchSize(segments, missing))
        await loadAbsent(
          batch.flatMap((number) => segments[number] ?? []),
          inHand,
        )
        while (batch.length > 0 && !isFull) {
          const number = batch[0] ?? -1
          isFull = !(await take(segments[number], inHand, (resident) => hold(resident, number, wave, now), wave))
          if (!isFull) batch.shift()
        }
        missing.unshift(...batch)
      }
      return wave
    } catch (error) {
      release(wave)
      throw error
    }
  }

  async function loadAbsent(segments: readonly LiveSegment[], inHand: Map<string, SegmentBytes>): Promise<void> {
    const ids = segments.map(({ id }) => id).filter((id) => !residents.has(id) && !inHand.has(id))
    if (ids.length === 0) return
    for (const [id, bytes] of await source.load(ids)) inHand.set(id, bytes)
  }

  /**
   * Has the segment held, unless it is gone; false when there is no room while this wave is held. From being in memory to
   * being held there is no pause, in which it could be forgotten again.
   */
  async function take(
    segment: LiveSegment | undefined,
    inHand: Map<string, SegmentBytes>,
    keep: (resident: Resident) => void,
    wave: Wave,
  ): Promise<boolean> {
    const there = segment && residents.get(segment.id)
    const bytes = segment && inHand.get(segment.id)
    if (there) keep(there)
    if (there || !segment || !bytes) return true
    const { head, vectors, layout, vectorsFrom } = partsOf(bytes)
    let address = makeRoom(vectorsFrom + vectors.byteLength)
    while (address === undefined) {
      if (wave.residents.length > 0) return false
      await released.promise // of memory that other searches hold
      address = makeRoom(vectorsFrom + vectors.byteLength)
    }
    const memory = arena.view().bytes
    memory.set(bytes.postings, address)
    memory.set(vectors, address + vectorsFrom)
    const resident: Resident = {
      ...head,
      id: segment.id,
      vector_store_id: segment.vector_store_id,
      postings: address,
      vectors: layout ? address + vectorsFrom : 0,
      dimensions: layout?.dimensions ?? 0,
      holders: 0,
      used: turn,
      details: undefined,
    }
    remember(resident)
    keep(resident)
    keepDetails(resident, detailsOf(bytes), { evenIfOthersGo: false })
    inHand.delete(segment.id)
    return true
  }

  function remember(resident: Resident): void {
    residents.set(resident.id, resident)
    const store = byStore.get(resident.vector_store_id) ?? new Set()
    byStore.set(resident.vector_store_id, store.add(resident))
  }

  /** An address for so many bytes, for which others go if they must; undefined when those left are held. */
  function makeRoom(size: number): number | undefined {
    const address = place(size)
    if (address !== undefined) return address
    const spare = Math.floor(memoryBytes / 32) // so that the next segments need not look again
    const oldestFirst = [...residents.values()].sort((a, b) => a.used - b.used)
    const idle = oldestFirst.filter(({ holders }) => holders === 0)
    for (const resident of oldestFirst) if (!fits(size + spare)) dropDetails(resident)
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

  function drop(resident: Resident): void {
    dropDetails(resident)
    arena.free(resident.postings)
    residents.delete(resident.id)
    const store = byStore.get(resident.vector_store_id)
    store?.delete(resident)
    if (store?.size === 0) byStore.delete(resident.vector_store_id)
  }

  function dropDetails(resident: Resident): void {
    detailBytes -= resident.details?.bytes ?? 0
    resident.details = undefined
  }

  function keepDetails(resident: Resident, details: Details, { evenIfOthersGo }: { evenIfOthersGo: boolean }): void {
    if (evenIfOthersGo) makeRoomForDetails(details.bytes, resident.used)
    if (resident.details || !fits(details.bytes)) return
    resident.details = details
    detailBytes += details.bytes
  }

  function makeRoomForDetails(size: number, now: number): void {
    if (fits(size)) return
    const older = [...residents.values()].filter(({ details, used }) => details && used < now)
    for (const resident of older.sort((a, b) => a.used - b.used)) {
      if (arena.used() + detailBytes + size + memoryBytes / 32 <= memoryBytes) return
      dropDetails(resident)
    }
  }

  async function details(ids: readonly string[]): Promise<Map<string, Details>> {
    const found = new Map<string, Details>()
    const missing: string[] = []
    for (const id of new Set(ids)) {
      const details = residents.get(id)?.details
      if (details) found.set(id, details)
      else missing.push(id)
    }
    if (missing.length === 0) return found
    for (const [id, bytes] of await source.load(missing)) {
      const details = detailsOf(bytes)
      found.set(id, details)
      const resident = residents.get(id)
      if (resident) keepDetails(resident, details, { evenIfOthersGo: true })
    }
    return found
  }

  function forgetOthers(vector_store_ids: readonly string[], live: readonly LiveSegment[]): void {
    const liveAndThere = new Map<string, number>()
    for (const { id } of live) {
      const store = residents.get(id)?.vector_store_id
      if (store !== undefined) liveAndThere.set(store, (liveAndThere.get(store) ?? 0) + 1)
    }
    for (const store of vector_store_ids) {
      const known = byStore.get(store)
      if (!known || known.size === liveAndThere.get(store)) continue
      const ids = new Set(live.map(({ id }) => id))
      for (const resident of [...known]) if (!ids.has(resident.id) && resident.holders === 0) drop(resident)
    }
  }

  return { waves, details, forgetOthers }
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

function emptyWave(): MutableWave {
  return { numbers: [], residents: [] }
}

/** How many of the missing are loaded at once. */
function batchSize(segments: readonly LiveSegment[], missing: readonly number[]): number {
  let chunks = 0
  const end = missing.findIndex((number, index) => {
    chunks += segments[number]?.chunk_count ?? 0
    return index > 0 && chunks > chunksAtOnce
  })
  return end < 0 ? missing.length : end
}
