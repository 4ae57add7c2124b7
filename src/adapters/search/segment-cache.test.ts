import { describe, expect, test } from 'vitest'
import { randomNumbers, unit } from '../../../test/support/segments.ts'
import type { LiveSegment, SegmentBytes, SegmentSource } from '../../ports/search.ts'
import { createArena } from './arena.ts'
import type { Details } from './details.ts'
import { encodeSegment } from './encode-segment.ts'
import { createSegmentCache, type SegmentCache } from './segment-cache.ts'

const { signal } = new AbortController()
const dimensions = 64
const chunksEach = 50

function segmentBytes(number: number): SegmentBytes {
  const random = randomNumbers(number)
  const chunks = Array.from({ length: chunksEach }, (_, place) => ({
    text: `${number} ${place} ${'word '.repeat(40)}`,
    page: null,
    headings: [],
  }))
  const vectors = chunks.map(() => unit(Array.from({ length: dimensions }, () => random() - 0.5)))
  return encodeSegment({ chunks, vectors, space: 'space' })
}

/** A cache with room for so many segments as scoring reads them, without texts and exact vectors. */
function openCache({ room, segments: count }: { room: number; segments: number }) {
  const bytes = new Map(Array.from({ length: count }, (_, number) => [`${number}`, segmentBytes(number)]))
  const live = Array.from(bytes.keys(), (id): LiveSegment => {
    const own = { vector_store_id: 'vs', file_id: id, filename: id, attributes: {} }
    return { id, ...own, chunk_count: chunksEach, space: 'space' }
  })
  const loaded: string[] = []
  const source: SegmentSource = {
    live: async () => live,
    load: async (ids) => {
      loaded.push(...ids)
      return new Map(ids.flatMap((id) => (bytes.has(id) ? [[id, bytes.get(id) as SegmentBytes]] : [])))
    },
    outside: async () => [],
  }
  const { postings, vectors } = segmentBytes(0)
  const each = postings.length + 16 + (vectors?.length ?? 0) - 4 * dimensions * chunksEach
  const memoryBytes = Math.ceil(room * each * 1.05)
  const arena = createArena()
  return { cache: createSegmentCache({ source, arena, memoryBytes }), arena, memoryBytes, live, loaded, bytes }
}

async function sizesOf(cache: SegmentCache, segments: readonly LiveSegment[], each = () => {}): Promise<number[]> {
  const sizes: number[] = []
  for await (const { numbers } of cache.waves(segments, signal)) {
    sizes.push(numbers.length)
    each()
  }
  return sizes
}

async function detailsOf(cache: SegmentCache, segments: readonly LiveSegment[]) {
  const details = new Map<string, Details>()
  for await (const [id, each] of cache.details(segments)) details.set(id, each)
  return details
}

describe('what fits', () => {
  test('comes in one wave, and stays', async () => {
    const { cache, live, loaded } = openCache({ room: 20, segments: 10 })
    expect(await sizesOf(cache, live)).toEqual([10])
    expect(await sizesOf(cache, live)).toEqual([10])
    expect(loaded).toHaveLength(10)
  })

  test('is forgotten when it is not live any more', async () => {
    const { cache, live, arena } = openCache({ room: 20, segments: 10 })
    await sizesOf(cache, live)
    const before = arena.used()
    cache.forgetOthers(['vs'], live.slice(0, 5))
    expect(arena.used()).toBeCloseTo(before / 2, -3)
    cache.forgetOthers(['another'], [])
    expect(arena.used()).toBeCloseTo(before / 2, -3)
    cache.forgetOthers(['vs'], [])
    expect(arena.used()).toBe(0)
  })
})

describe('what does not fit', () => {
  test('comes in waves within the budget, each segment once, and what is there first', async () => {
    const { cache, live, loaded, arena, memoryBytes } = openCache({ room: 4, segments: 10 })
    const within = () => expect(arena.used()).toBeLessThanOrEqual(memoryBytes)
    const seen: number[] = []
    for await (const { numbers, residents } of cache.waves(live, signal)) {
      within()
      expect(residents.map(({ id }) => id)).toEqual(numbers.map((number) => live[number]?.id))
      seen.push(...numbers)
    }
    expect(seen.toSorted((a, b) => a - b)).toEqual([...live.keys()])
    loaded.length = 0
    const sizes = await sizesOf(cache, live, within)
    expect(sizes.reduce((sum, size) => sum + size)).toBe(10)
    expect(loaded.length).toBe(10 - (sizes[0] ?? 0))
  })

  test('is searched one by one when each is larger than the budget', async () => {
    const { cache, live } = openCache({ room: 0.5, segments: 3 })
    expect(await sizesOf(cache, live)).toEqual([1, 1, 1])
  })

  test('waits for memory that another search holds, and gets it', async () => {
    const { cache, live, arena, memoryBytes } = openCache({ room: 3, segments: 6 })
    const first = cache.waves(live.slice(0, 3), signal)
    const held = await first.next()
    const held_ids = held.value?.residents.map(({ id }: { id: string }) => id)
    let isDone = false
    const second = sizesOf(cache, live.slice(3)).then((sizes) => {
      isDone = true
      return sizes
    })
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    expect(isDone).toBe(false)
    expect(held_ids).toEqual(['0', '1', '2'])
    await first.next()
    expect((await second).reduce((sum, size) => sum + size)).toBe(3)
    expect(arena.used()).toBeLessThanOrEqual(memoryBytes)
  })
})

describe('texts and exact vectors', () => {
  test('stay where there is room, and go first where there is none', async () => {
    const roomy = openCache({ room: 100, segments: 4 })
    await sizesOf(roomy.cache, roomy.live)
    expect((await detailsOf(roomy.cache, roomy.live)).size).toBe(4)
    expect(roomy.loaded).toHaveLength(4)

    const tight = openCache({ room: 4, segments: 4 })
    await sizesOf(tight.cache, tight.live)
    const gone = tight.live.map((segment) => ({ ...segment, id: `no ${segment.id}` }))
    const details = await detailsOf(tight.cache, [...tight.live, ...gone])
    expect([...details.keys()].sort()).toEqual(['0', '1', '2', '3'])
    expect(details.get('3')?.exact).toHaveLength(dimensions * chunksEach)
    expect(tight.loaded.length).toBeGreaterThan(4)
    expect(await sizesOf(tight.cache, tight.live)).toEqual([4])
  })
})

test('a failure to load is told, and does not trouble later searches', async () => {
  const { cache, live, arena } = openCache({ room: 20, segments: 2 })
  const stopped = new AbortController()
  stopped.abort(new Error('enough'))
  await expect(cache.waves(live, stopped.signal).next()).rejects.toThrow('enough')
  expect(await sizesOf(cache, live)).toEqual([2])
  expect(arena.used()).toBeGreaterThan(0)
})

test('bytes of another version are refused by name', async () => {
  const { cache, live, bytes } = openCache({ room: 20, segments: 1 })
  bytes.get('0')?.postings.fill(9, 0, 4)
  await expect(cache.waves(live, signal).next()).rejects.toThrow('another version')
})
