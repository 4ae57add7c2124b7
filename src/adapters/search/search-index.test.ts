import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { keywordScores, type PlainPassage, weightedScores } from '../../../test/support/brute-force-search.ts'
import { createTestSegments, randomNumbers, requestFor, unit } from '../../../test/support/segments.ts'
import type { Hit, SearchIndex, SearchRequest } from '../../ports/search.ts'
import { createSearchIndex } from './search-index.ts'

const { signal } = new AbortController()
const log = { debug() {}, info() {}, warn() {}, error() {} }
const open: SearchIndex[] = []

function openIndex(memoryBytes = 100_000_000) {
  const segments = createTestSegments()
  const index = createSearchIndex({ source: segments, memoryBytes, threads: 2, log })
  open.push(index)
  return { segments, index, search: (request: SearchRequest) => index.search(request, { signal }) }
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((index) => index.close()))
})

function textsOf(hits: readonly Hit[]): string[] {
  return hits.map(({ chunk }) => chunk.text)
}

describe('by words alone', () => {
  test('the passage that says most of the query comes first, with where it stands', async () => {
    const { segments, index, search } = openIndex()
    const chunk = { text: 'Refunds are paid within ten days.', page: 3, headings: ['Terms', 'Money back'] }
    const segment = await segments.add(index, { texts: ['Shipping takes ten days.', chunk, 'We sell chairs.'] })
    const hits = await search(requestFor('Refunds paid?'))
    expect(hits).toEqual([{ segment, index: 1, chunk, score: expect.any(Number) }])
    expect(hits[0]?.score).toBeGreaterThan(0.3)
    expect(hits[0]?.score).toBeLessThan(1)
  })

  test.each([
    ['首都', '東京は日本の首都です。', '京都は古い都市です。'],
    ['東京', '東京都は人口が多い。', '大阪は食べ物で知られる。'],
    ['Kraków', 'A train to KRAKÓW leaves at nine.', 'A train to Gdańsk leaves at ten.'],
    ['getUserName', 'Call getUserName() first.', 'Call get_user() first.'],
    ['user name', 'Call getUserName() first.', 'Call getFile() first.'],
    ['max_num_results', 'Set max_num_results to 5.', 'Set the maximum to 5.'],
    ['policies', 'Our policy is simple.', 'Our police is simple.'],
    ['ﬁle', 'A file.', 'A pile.'],
  ])('%s finds %s', async (query, text, other) => {
    const { segments, index, search } = openIndex()
    await segments.add(index, { texts: [other, text] })
    expect(textsOf(await search(requestFor(query)))[0]).toBe(text)
  })

  test('headings are found too', async () => {
    const { segments, index, search } = openIndex()
    await segments.add(index, { texts: ['Ask us.', { text: 'Ten days.', page: null, headings: ['Warranty'] }] })
    expect(textsOf(await search(requestFor('warranty')))).toEqual(['Ten days.'])
  })

  test('a query without words, an empty store and an unknown store find nothing', async () => {
    const { segments, index, search } = openIndex()
    expect(await search(requestFor('anything'))).toEqual([])
    await segments.add(index, { texts: [] })
    expect(await search(requestFor('anything'))).toEqual([])
    await segments.add(index, { texts: ['anything'] })
    expect(await search(requestFor('?!'))).toEqual([])
    expect(await search(requestFor('anything', { vector_store_ids: ['vs_2'] }))).toEqual([])
  })

  test('of a very long query the beginning counts', async () => {
    const { segments, index, search } = openIndex()
    await segments.add(index, { texts: ['a red apple', 'word9000'] })
    const words = Array.from({ length: 10_000 }, (_, number) => `word${number}`).join(' ')
    expect(textsOf(await search(requestFor(`red ${words}`)))).toEqual(['a red apple'])
  })

  test('a word weighs by the passages that are searched, not by others', async () => {
    const { segments, index, search } = openIndex()
    const filter = { type: 'eq', key: 'kind', value: 'mail' } as const
    await segments.add(index, { texts: ['red apple', 'red pear', 'blue plum'], attributes: { kind: 'mail' } })
    const alone = await search(requestFor('red plum'))
    await segments.add(index, { texts: ['plum', 'plum plum', 'plum tree'], attributes: { kind: 'book' } })
    await segments.add(index, { texts: ['plum', 'plum plum', 'plum tree'], vector_store_id: 'vs_2' })
    expect(await search(requestFor('red plum', { filter }))).toEqual(alone)
  })
})

describe('what is found', () => {
  test('is live: a segment that is gone is not found, whatever is in memory', async () => {
    const { segments, index, search } = openIndex()
    const first = await segments.add(index, { texts: ['a red apple'] })
    await segments.add(index, { texts: ['a red pear'] })
    expect(await search(requestFor('red'))).toHaveLength(2)
    segments.remove(first.id)
    expect(textsOf(await search(requestFor('red')))).toEqual(['a red pear'])
    expect(await index.chunks(first.id)).toBeUndefined()
  })

  test('is in memory once: nothing is loaded twice', async () => {
    const { segments, index, search } = openIndex()
    for (const text of ['one', 'two', 'three']) await segments.add(index, { texts: [text] })
    await search(requestFor('one'))
    await Promise.all([search(requestFor('two')), search(requestFor('three'))])
    expect(segments.loaded).toHaveLength(3)
  })

  test('passes the filter, file by file', async () => {
    const { segments, index, search } = openIndex()
    await segments.add(index, { texts: ['red one', 'red two'], attributes: { year: 2023 } })
    await segments.add(index, { texts: ['red three'], attributes: { year: 2024 } })
    await segments.add(index, { texts: ['red four'] })
    const filter = { type: 'gte', key: 'year', value: 2024 } as const
    expect(textsOf(await search(requestFor('red', { filter })))).toEqual(['red three'])
  })

  test('reaches the threshold, and only then is counted', async () => {
    const { segments, index, search } = openIndex()
    await segments.add(index, { texts: ['red apple pie', 'red', 'blue'] })
    const all = await search(requestFor('red apple'))
    const scoreThreshold = all[0]?.score ?? 1
    expect(await search(requestFor('red apple', { scoreThreshold }))).toEqual(all.slice(0, 1))
    expect(await search(requestFor('red apple', { limit: 1 }))).toEqual(all.slice(0, 1))
  })

  test('is the best of several queries', async () => {
    const { segments, index, search } = openIndex()
    await segments.add(index, { texts: ['red apple', 'blue plum', 'green pear'] })
    const queries = ['apple', 'plum'].map((text) => ({ text, vector: null }))
    const hits = await search(requestFor('', { queries }))
    expect(textsOf(hits).sort()).toEqual(['blue plum', 'red apple'])
    expect(hits[0]?.score).toBe((await search(requestFor('apple')))[0]?.score)
  })

  test('comes from all stores asked for', async () => {
    const { segments, index, search } = openIndex()
    await segments.add(index, { texts: ['red apple'] })
    await segments.add(index, { texts: ['red apple'], vector_store_id: 'vs_2' })
    const hits = await search(requestFor('apple', { vector_store_ids: ['vs_1', 'vs_2'] }))
    expect(hits.map(({ segment }) => segment.vector_store_id)).toEqual(['vs_1', 'vs_2'])
  })

  test('leaves out segments that vanish between listing and loading', async () => {
    const { segments, index, search } = openIndex()
    await segments.add(index, { texts: ['red apple'] })
    const ghost = await segments.add(index, { texts: ['red pear'] })
    const live = await segments.live('project', ['vs_1'])
    segments.remove(ghost.id)
    segments.live = async () => live
    expect(textsOf(await search(requestFor('red')))).toEqual(['red apple'])
  })
})

describe('by vectors', () => {
  const [east, north, northEast] = [unit([1, 0, 0]), unit([0, 1, 0]), unit([2, 1, 0])]

  test('near meanings come first; words add to them', async () => {
    const { segments, index, search } = openIndex()
    await segments.add(index, { texts: ['north', 'between', 'east'], vectors: [north, northEast, east] })
    const hits = await search(requestFor('between', { queries: [{ text: 'between', vector: east }], space: 'space' }))
    expect(textsOf(hits)).toEqual(['between', 'east'])
    expect(hits[1]?.score).toBeCloseTo(0.7)
    expect(hits[0]?.score).toBeGreaterThan(0.7)
  })

  test('vectors of another space are passed over, and their passages found by words', async () => {
    const { segments, index, search } = openIndex()
    await segments.add(index, { texts: ['old red'], vectors: [east], space: 'old model' })
    await segments.add(index, { texts: ['new blue'], vectors: [northEast], space: 'space' })
    await segments.add(index, { texts: ['never embedded, red'] })
    const queries = [{ text: 'red', vector: east }]
    const hits = await search(requestFor('', { queries, space: 'space' }))
    expect(textsOf(hits).sort()).toEqual(['never embedded, red', 'new blue', 'old red'])
    const words = await search(requestFor('red'))
    expect(hits.find(({ chunk }) => chunk.text === 'old red')?.score).toBe(words[0]?.score)
  })

  test('a query without a vector goes by its words, beside one that has a vector', async () => {
    const { segments, index, search } = openIndex()
    await segments.add(index, { texts: ['red apple', 'blue plum'], vectors: [east, north] })
    const queries = [
      { text: 'plum', vector: null },
      { text: '', vector: east },
    ]
    const hits = await search(requestFor('', { queries, space: 'space' }))
    const [byWords] = await search(requestFor('plum'))
    expect(hits.find(({ chunk }) => chunk.text === 'blue plum')?.score).toBe(byWords?.score)
    expect(hits.find(({ chunk }) => chunk.text === 'red apple')?.score).toBeCloseTo(0.7)
  })

  test('reciprocal ranks weigh the two orders, and the first of both has 1', async () => {
    const { segments, index, search } = openIndex()
    const texts = ['red', 'red red blue', 'green']
    await segments.add(index, { texts, vectors: [northEast, north, east] })
    const fuse = (vectorWeight: number, textWeight: number) =>
      search(
        requestFor('', {
          queries: [{ text: 'red', vector: east }],
          space: 'space',
          fusion: { kind: 'reciprocal-rank', vectorWeight, textWeight },
        }),
      )
    expect(textsOf(await fuse(1, 0))).toEqual(['green', 'red'])
    expect(textsOf(await fuse(0, 1))).toEqual(['red', 'red red blue'])
    const both = await fuse(1, 3)
    expect(both.map(({ score }) => score)).toEqual([
      expect.closeTo((61 / 62 + 3) / 4),
      expect.closeTo((3 * 61) / 62 / 4),
      expect.closeTo(1 / 4),
    ])
    expect((await fuse(1, 0))[0]?.score).toBe(1)
  })

  test('reciprocal ranks without an embedder go by words', async () => {
    const { segments, index, search } = openIndex()
    await segments.add(index, { texts: ['red', 'blue'] })
    const fusion = { kind: 'reciprocal-rank', vectorWeight: 1, textWeight: 0 } as const
    const hits = await search(requestFor('red', { fusion }))
    expect(hits.map(({ chunk, score }) => [chunk.text, score])).toEqual([['red', 1]])
  })
})

describe('exactness', () => {
  const words = ['red', 'green', 'blue', 'apple', 'pear', 'plum', 'tree', 'house', 'getName', '東京都']
  const aText = fc.array(fc.constantFrom(...words), { minLength: 0, maxLength: 12 }).map((parts) => parts.join(' '))

  /** Vectors in a few tight bunches, so that many are nearer to each other than 8 bits can tell. */
  function bunchedVectors(seed: number, count: number, dimensions: number): Float32Array[] {
    const random = randomNumbers(seed)
    const centres = Array.from({ length: 3 }, () => Array.from({ length: dimensions }, () => random() - 0.5))
    return Array.from({ length: count }, () => {
      const centre = centres[Math.floor(random() * 3)] ?? []
      const spread = random() < 0.5 ? 1e-4 : 0.5
      return unit(centre.map((value) => value + spread * (random() - 0.5)))
    })
  }

  const aScene = fc.record({
    seed: fc.nat(),
    dimensions: fc.integer({ min: 1, max: 70 }),
    files: fc.array(
      fc.record({ texts: fc.array(aText, { maxLength: 40 }), space: fc.constantFrom('space', 'space', 'other', null) }),
      { minLength: 1, maxLength: 8 },
    ),
    queries: fc.array(aText, { minLength: 1, maxLength: 3 }),
    limit: fc.integer({ min: 1, max: 20 }),
    memoryBytes: fc.constantFrom(100_000_000, 200_000),
  })

  test('scores and order are those of brute force, in much memory and in little', async () => {
    await fc.assert(
      fc.asyncProperty(aScene, async ({ seed, dimensions, files, queries: texts, limit, memoryBytes }) => {
        const { segments, index, search } = openIndex(memoryBytes)
        const passages: PlainPassage[] = []
        for (const [number, { texts, space }] of files.entries()) {
          const vectors = bunchedVectors(seed + number, texts.length, dimensions)
          await segments.add(index, space === null ? { texts } : { texts, vectors, space })
          for (const [place, text] of texts.entries()) {
            passages.push({ text, vector: space === 'space' ? (vectors[place] ?? null) : null })
          }
        }
        const queries = texts.map((text, place) => ({
          text,
          vector: bunchedVectors(seed, place + 1, dimensions).at(-1) ?? null,
        }))
        const hits = await search(requestFor('', { queries, space: 'space', limit }))
        expectSame(hits, weightedScores(passages, queries), limit)
        await index.close()
      }),
      { numRuns: 25 },
    )
  })

  test('of many small files, most of which a search for few results passes over', async () => {
    const rank = (from: number) => fc.integer({ min: 1, max: 6 }).map((power) => Math.min(9, Math.floor(from * power)))
    const aWord = fc.oneof(rank(0), rank(1), rank(1.5)).map((place) => words[place] ?? 'red')
    const aFile = fc.array(fc.array(aWord, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 })
    const scene = fc.record({
      files: fc.array(aFile, { minLength: 20, maxLength: 60 }),
      texts: fc.array(aText, { minLength: 1, maxLength: 2 }),
      limit: fc.integer({ min: 1, max: 4 }),
    })
    await fc.assert(
      fc.asyncProperty(scene, async ({ files, texts, limit }) => {
        const { segments, index, search } = openIndex()
        const all = files.map((file) => file.map((parts) => parts.join(' ')))
        for (const texts of all) await segments.add(index, { texts })
        const passages = all.flat().map((text) => ({ text, vector: null }))
        const queries = texts.map((text) => ({ text, vector: null }))
        const scores = weightedScores(passages, queries)
        const hits = await search(requestFor('', { queries, limit }))
        expectSame(hits, scores, limit)
        for (const { chunk, score } of hits) {
          const own = passages.findIndex(({ text }) => text === chunk.text)
          expect(score).toBeCloseTo(scores[own] ?? -1, 9)
        }
        await index.close()
      }),
      { numRuns: 40 },
    )
  })

  test('in threads too, where more are close than candidates are kept', async () => {
    const { segments, index, search } = openIndex()
    const dimensions = 96
    const passages: PlainPassage[] = []
    for (let file = 0; file < 30; file++) {
      const vectors = bunchedVectors(7, 3000, dimensions).slice(file * 100, file * 100 + 100)
      const texts = vectors.map((_, place) => `${words[place % 7]} ${words[(place * file) % 9]} ${file}`)
      await segments.add(index, { texts, vectors })
      passages.push(...vectors.map((vector, place) => ({ vector, text: texts[place] ?? '' })))
    }
    const queries = [{ text: 'red plum', vector: bunchedVectors(7, 1, dimensions)[0] ?? null }]
    const hits = await search(requestFor('', { queries, space: 'space', limit: 50 }))
    expectSame(hits, weightedScores(passages, queries), 50)
    const byWords = await search(requestFor('red plum 7', { limit: 50 }))
    expectSame(byWords, keywordScores(passages, 'red plum 7'), 50)
  })

  function expectSame(hits: readonly Hit[], scores: readonly number[], limit: number): void {
    const best = scores.filter((score) => score > 1e-9).sort((a, b) => b - a)
    expect(hits).toHaveLength(Math.min(limit, best.length))
    for (const [index, { score }] of hits.entries()) expect(score).toBeCloseTo(best[index] ?? -1, 9)
    expect(new Set(hits.map(({ segment, index }) => `${segment.id} ${index}`)).size).toBe(hits.length)
  }
})

describe('cancelling', () => {
  test('rejects with the reason of the signal, before and while it waits', async () => {
    const { segments, index } = openIndex()
    await segments.add(index, { texts: ['red'] })
    const reason = new Error('enough')
    await expect(index.search(requestFor('red'), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)

    const controller = new AbortController()
    segments.load = () => new Promise(() => {})
    const waiting = index.search(requestFor('red'), { signal: controller.signal })
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
  })

  test('does not trouble other searches', async () => {
    const { segments, index, search } = openIndex()
    for (let file = 0; file < 20; file++) await segments.add(index, { texts: new Array(200).fill(`red ${file}`) })
    const controller = new AbortController()
    const cancelled = index.search(requestFor('red 3'), { signal: controller.signal })
    const other = search(requestFor('red 4'))
    controller.abort(new Error('enough'))
    await expect(cancelled).rejects.toThrow('enough')
    expect(textsOf(await other)[0]).toBe('red 4')
  })
})

test('a closed index refuses large work and ends its threads', async () => {
  const { segments, index, search } = openIndex()
  for (let file = 0; file < 20; file++) await segments.add(index, { texts: new Array(200).fill(`red ${file}`) })
  await index.close()
  await expect(search(requestFor('red'))).rejects.toThrow('closed')
  const chunk = { text: 'red '.repeat(10_000), page: null, headings: [] }
  await expect(index.encode({ chunks: [chunk], vectors: null, space: null })).rejects.toThrow('closed')
})

test('the chunks of a segment come back as they were', async () => {
  const { segments, index } = openIndex()
  const texts = Array.from({ length: 11 }, (_, place) => ({
    text: `text ${place} \u{1F600} "quoted"\n`,
    page: place % 2 ? place : null,
    headings: place % 3 ? ['Top', `Part ${place}`] : [],
  }))
  const { id } = await segments.add(index, { texts })
  expect(await index.chunks(id)).toEqual(texts)
})
