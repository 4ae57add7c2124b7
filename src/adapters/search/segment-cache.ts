import type { LiveSegment, SegmentBytes, SegmentSource } from '../../ports/search.ts'
import type { Arena } from './arena.ts'
import { type Details, detailsOf } from './details.ts'
import { createResidents, type Resident } from './residents.ts'

/** Segments that are in memory together, with their numbers among those that were asked for, in their order. */
export interface Wave {
  readonly numbers: readonly number[]
  readonly residents: readonly Resident[]
  /** Of all of them, and their length in terms. */
  readonly chunks: number
  readonly totalLength: number
}

/** Segments in memory, within a budget. */
export interface SegmentCache {
  /**
   * Brings segments into memory: first those that are there, then the others as they fit; usually one wave or two. A
   * wave stays until the next one is asked for. Segments that are gone are left out.
   */
  waves(segments: readonly LiveSegment[], signal: AbortSignal): AsyncGenerator<Wave>
  /** What reading needs of each of these segments, as it comes; those that are gone are left out. */
  details(segments: readonly LiveSegment[]): AsyncGenerator<readonly [id: string, Details]>
  /** Forgets what is in memory of these stores and not live. */
  forgetOthers(vector_store_ids: readonly string[], live: readonly LiveSegment[]): void
}

/** Segments are loaded so many chunks at a time. */
const chunksAtOnce = 2000

export function createSegmentCache({
  source,
  ...budget
}: {
  source: SegmentSource
  arena: Arena
  memoryBytes: number
}): SegmentCache {
  const residents = createResidents(budget)
  let turn = 0
  let loading: Promise<unknown> = Promise.resolve()
  let released = Promise.withResolvers<void>()

  async function* waves(segments: readonly LiveSegment[], signal: AbortSignal): AsyncGenerator<Wave> {
    const now = ++turn
    const missing: number[] = []
    const inHand = new Map<string, SegmentBytes>()
    let wave = createWave(now)
    for (const [number, { id }] of segments.entries()) {
      const resident = residents.get(id)
      if (resident) wave.hold(resident, number)
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
  async function load(order: Loading): Promise<GrowingWave> {
    const { segments, missing, inHand, signal } = order
    const wave = createWave(order.now)
    try {
      for (let isFull = false; missing.length > 0 && !isFull; ) {
        signal.throwIfAborted()
        const batch = missing.splice(0, batchSize(segments, missing))
        const absent = batch.flatMap((number) => segments[number] ?? []).filter(({ id }) => isAbsent(id, inHand))
        for (const [id, bytes] of await loadBytes(absent)) inHand.set(id, bytes)
        for (; batch[0] !== undefined && !isFull; ) {
          isFull = !(await take(batch[0], wave, order))
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

  function isAbsent(id: string, inHand: ReadonlyMap<string, SegmentBytes>): boolean {
    return !residents.get(id) && !inHand.has(id)
  }

  async function loadBytes(segments: readonly LiveSegment[]): Promise<ReadonlyMap<string, SegmentBytes>> {
    return segments.length > 0 ? source.load(segments.map(({ id }) => id)) : new Map()
  }

  /**
   * Has the wave hold a segment, unless it is gone; false when there is no room while the wave is held. From being in
   * memory to being held there is no pause, in which it could be forgotten again.
   */
  async function take(number: number, wave: GrowingWave, { segments, inHand, now }: Loading): Promise<boolean> {
    const segment = segments[number]
    const bytes = segment && inHand.get(segment.id)
    let resident = segment && residents.get(segment.id)
    while (segment && bytes && !resident) {
      resident = residents.admit(segment, bytes, now)
      if (resident) break
      if (wave.residents.length > 0) return false
      await released.promise // of memory that other searches hold
    }
    if (segment) inHand.delete(segment.id)
    if (resident) wave.hold(resident, number)
    return true
  }

  async function* details(segments: readonly LiveSegment[]): AsyncGenerator<readonly [id: string, Details]> {
    const now = turn
    const missing: LiveSegment[] = []
    for (const segment of new Set(segments)) {
      const details = residents.get(segment.id)?.details
      if (details) yield [segment.id, details]
      else missing.push(segment)
    }
    while (missing.length > 0) {
      const batch = missing.splice(0, batchSize(missing, [...missing.keys()]))
      for (const [id, bytes] of await loadBytes(batch)) {
        const details = detailsOf(bytes)
        residents.keepDetails(id, details, now)
        yield [id, details]
      }
    }
  }

  return { waves, details, forgetOthers: residents.forgetOthers }
}

interface Loading {
  readonly segments: readonly LiveSegment[]
  /** Numbers of those still to be loaded. */
  readonly missing: number[]
  /** Loaded, but there was no more room. */
  readonly inHand: Map<string, SegmentBytes>
  readonly now: number
  readonly signal: AbortSignal
}

interface GrowingWave extends Wave {
  hold(resident: Resident, number: number): void
}

function createWave(now: number): GrowingWave {
  const numbers: number[] = []
  const residents: Resident[] = []
  const wave = { numbers, residents, chunks: 0, totalLength: 0, hold }

  function hold(resident: Resident, number: number): void {
    resident.holders += 1
    resident.used = now
    wave.chunks += resident.chunks
    wave.totalLength += resident.totalLength
    numbers.push(number)
    residents.push(resident)
  }
  return wave
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
