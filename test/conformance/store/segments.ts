import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SegmentRow, Store } from '../../../src/ports/store.ts'
import { freshId, row } from '../rows.ts'
import { happening, told, World } from './segment-world.ts'

const megabyte = 1024 ** 2

export function testSegments(store: () => Store): void {
  test('bytes come back as they were put, empty and missing parts told apart', async () => {
    const segments = [
      row.segment({ file_id: freshId('file'), space: null, vectors: null }),
      row.segment({ file_id: freshId('file'), chunk_count: 0, texts: bytes(0), postings: bytes(0), vectors: bytes(0) }),
      row.segment({ file_id: freshId('file'), texts: Buffer.from('only a window of the pool').subarray(5, 13) }),
    ]
    await put(store(), freshId('project'), segments)
    expect(await loaded(store(), segments)).toEqual(segments.map(bytesOf))
  })

  test('bytes of any size come back whole', async () => {
    const sizes = [1, megabyte / 2 - 1, megabyte / 2, megabyte / 2 + 1, megabyte, 3 * megabyte + 7, 0]
    const segments = sizes.map((size, index) =>
      row.segment({
        file_id: freshId('file'),
        texts: bytes(size, 3),
        postings: bytes(sizes.at(index - 1) ?? 0, 5),
        vectors: bytes(sizes.at(index - 3) ?? 0, 7),
      }),
    )
    await put(store(), freshId('project'), segments)
    const found = await loaded(store(), segments)
    for (const [index, segment] of segments.entries()) {
      expect(same(found[index]?.texts, segment.texts), `texts of ${segment.texts.length} bytes`).toBe(true)
      expect(same(found[index]?.postings, segment.postings)).toBe(true)
      expect(same(found[index]?.vectors, segment.vectors)).toBe(true)
    }
  })

  test('of many segments each is loaded once, and those that are gone are left out', async () => {
    const project = freshId('project')
    const segments = Array.from({ length: 200 }, (_, index) =>
      row.segment({ file_id: freshId('file'), texts: bytes(index), postings: bytes(50_000, index) }),
    )
    await put(store(), project, segments)
    const [gone, ...kept] = segments
    await store().transaction(project, async (tx) => {
      await tx.vectorStoreFiles.insert(row.vectorStoreFile({ id: gone?.file_id ?? '' }))
      await tx.vectorStoreFiles.remove('vs_0', gone?.file_id ?? '')
    })
    const ids = segments.map((segment) => segment.id)
    const found = await store().segments.load([...ids, 'seg_none', ...ids])
    expect([...found.keys()].sort()).toEqual(kept.map((segment) => segment.id))
    for (const segment of kept) expect(same(found.get(segment.id)?.postings, segment.postings)).toBe(true)
    expect((await store().segments.load([])).size).toBe(0)
  })

  test('a new segment takes the place of the old one', async () => {
    const project = freshId('project')
    const [vector_store_id, file_id] = [freshId('vs'), freshId('file')]
    const [old, fresh] = [row.segment({ vector_store_id, file_id }), row.segment({ vector_store_id, file_id })]
    const { vectorStoreFiles } = store().read(project)
    expect(await vectorStoreFiles.segmentOf(vector_store_id, file_id)).toBeUndefined()
    await put(store(), project, [old])
    expect(await vectorStoreFiles.segmentOf(vector_store_id, file_id)).toBe(old.id)
    await put(store(), project, [fresh])
    expect(await vectorStoreFiles.segmentOf(vector_store_id, file_id)).toBe(fresh.id)
    expect([...(await store().segments.load([old.id, fresh.id])).keys()]).toEqual([fresh.id])
  })

  test('a large segment of a transaction that rejects leaves nothing behind', async () => {
    const segment = row.segment({ vectors: bytes(3 * megabyte) })
    const undone = store().transaction(freshId('project'), async (tx) => {
      await tx.segments.put(segment)
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow('undone')
    expect((await store().segments.load([segment.id])).size).toBe(0)
    await put(store(), freshId('project'), [segment])
    expect((await store().segments.load([segment.id])).size).toBe(1)
  })

  test('a large segment leaves turns of the event loop to others', async () => {
    let turns = 0
    let done = false
    const counting = (async () => {
      for (; !done; turns++) await new Promise(setImmediate)
    })()
    const segment = row.segment({ file_id: freshId('file'), texts: bytes(12 * megabyte) })
    await put(store(), freshId('project'), [segment])
    const written = turns
    await store().segments.load([segment.id])
    done = true
    await counting
    expect(written).toBeGreaterThan(10)
    expect(turns - written).toBeGreaterThan(3)
  })

  test('segments of other spaces are found page by page, in every project', async () => {
    const space = freshId('model')
    const segments = [space, null, 'other', space, 'other', null].map((each) =>
      row.segment({ id: freshId('seg_outside'), file_id: freshId('file'), space: each }),
    )
    const [own, first, second, , third, fourth] = segments
    for (const segment of segments) await put(store(), `${own?.id}_${segment.id}`, [segment])
    const seen: string[] = []
    for (let after = own?.id ?? ''; ; after = seen.at(-1) ?? '') {
      const page = await store().segments.outside(space, { after, limit: 3 })
      const among = page.filter(({ id }) => segments.some((segment) => segment.id === id))
      for (const { id, project, file_id } of among) {
        expect({ id, project }).toEqual({ id, project: `${own?.id}_${id}` })
        expect(file_id).toBe(segments.find((segment) => segment.id === id)?.file_id)
      }
      seen.push(...page.map(({ id }) => id))
      if (page.length < 3) break
    }
    expect(seen.filter((id) => id.startsWith('seg_outside'))).toEqual([first, second, third, fourth].map((s) => s?.id))
  })

  test('a live segment tells what search needs of its file', async () => {
    const project = freshId('project')
    const { id: vector_store_id } = row.vectorStore()
    const attributes = '{"region":"ö","year":2024,"final":true}'
    const file = row.vectorStoreFile({ vector_store_id, status: 'completed', attributes })
    const segment = row.segment({ vector_store_id, file_id: file.id, chunk_count: 7, space: null })
    await store().transaction(project, async (tx) => {
      await tx.vectorStores.insert(row.vectorStore({ id: vector_store_id }))
      await tx.vectorStoreFiles.insert(file)
      await tx.segments.put(segment)
    })
    expect(await store().segments.live(project, [vector_store_id, 'vs_none', vector_store_id])).toEqual([
      {
        id: segment.id,
        vector_store_id,
        file_id: file.id,
        filename: file.filename,
        attributes: { region: 'ö', year: 2024, final: true },
        chunk_count: 7,
        space: null,
      },
    ])
    expect(await store().segments.live(project, [])).toEqual([])
  })

  test('only completed files of stores that have not expired are live', async () => {
    const world = new World()
    const file = { do: 'file', store: 0, file: 0, attributes: {} } as const
    await world.apply(store(), { ...file, status: 'completed' })
    await world.apply(store(), { do: 'segment', store: 0, file: 0 })
    const count = async () => (await store().segments.live(world.project, world.stores)).length
    expect(await count()).toBe(1)
    for (const status of ['in_progress', 'failed', 'cancelled'] as const) {
      await world.apply(store(), { ...file, status })
      expect(await count(), status).toBe(0)
    }
    await world.apply(store(), { ...file, status: 'completed' })
    expect(await count()).toBe(1)
    await world.apply(store(), { do: 'expire', store: 0 })
    expect(await count(), 'expired').toBe(0)
  })

  test('what is live is true at any time, whatever happened', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 5, maxLength: 30 }), async (happenings) => {
        const world = new World()
        for (const each of happenings) {
          await world.apply(store(), each)
          const live = await store().segments.live(world.project, world.stores)
          expect(live.map(told).sort(), JSON.stringify(each)).toEqual(world.live().map(told).sort())
        }
      }),
      { numRuns: 40 },
    )
  })

  test('what others do with the list stays theirs', async () => {
    const project = freshId('project')
    const world = new World(project)
    await world.apply(store(), { do: 'file', store: 0, file: 0, status: 'completed', attributes: {} })
    await world.apply(store(), { do: 'segment', store: 0, file: 0 })
    const first = await store().segments.live(project, world.stores)
    first.length = 0
    expect(await store().segments.live(project, world.stores)).toHaveLength(1)
  })
}

function bytes(size: number, step = 1): Uint8Array {
  const made = new Uint8Array(size)
  for (let index = 0; index < size; index++) made[index] = (index * step) >> 3
  return made
}

function same(one: Uint8Array | null | undefined, other: Uint8Array | null): boolean {
  return one instanceof Uint8Array && other !== null && Buffer.compare(one, other) === 0
}

async function put(store: Store, project: string, segments: readonly SegmentRow[]): Promise<void> {
  await store.transaction(project, async (tx) => {
    for (const segment of segments) await tx.segments.put(segment)
  })
}

async function loaded(store: Store, segments: readonly SegmentRow[]) {
  const found = await store.segments.load(segments.map((segment) => segment.id))
  return segments.map((segment) => found.get(segment.id))
}

function bytesOf({ chunk_count, space, texts, postings, vectors }: SegmentRow) {
  return { chunk_count, space, texts: Uint8Array.from(texts), postings, vectors }
}
