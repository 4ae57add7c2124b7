import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { FakeEmbedder } from '../../test/support/fake-embedder.ts'
import { FakeExtractor } from '../../test/support/fake-extractor.ts'
import { openResources, parsed, project, uploadFile } from '../../test/support/open-resources.ts'
import type { Embedder } from '../ports/embedder.ts'
import { ModelFailure } from '../ports/model.ts'
import type { Segment } from '../ports/search.ts'
import { indexFileJob } from '../resources/index-job.ts'
import { createFileIndexer } from './index-file.ts'

type Resources = Awaited<ReturnType<typeof openResources>>

let opened: Resources
let store_id: string
let extractor: FakeExtractor
let duringExtraction: () => void | Promise<void>
let encoded: Segment[]
let signal: AbortSignal

beforeEach(async () => {
  opened = await openResources()
  onTestFinished(() => opened[Symbol.asyncDispose]())
  store_id = (await parsed(opened.vectorStores.create(project, {}))).id
  duringExtraction = () => {}
  extractor = new FakeExtractor({ before: () => duringExtraction() })
  encoded = []
  signal = AbortSignal.timeout(30_000)
})

const index = {
  encode: async (segment: Segment) => {
    encoded.push(segment)
    const bytes = new Uint8Array()
    const vectors = segment.vectors && bytes
    return { chunk_count: segment.chunks.length, space: segment.space, texts: bytes, postings: bytes, vectors }
  },
}

const quiet = () => {}
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }

/** Claims what is due, a while from now or now, and handles it. Answers how many jobs there were. */
async function work({ embedder = null as Embedder | null, inMs = 0, owner = 'me' } = {}): Promise<number> {
  const handle = createFileIndexer({ ...opened, extractor, embedder, index, log })
  const now = Date.now() + inMs
  const jobs = await opened.store.queue.claim({
    kinds: [indexFileJob],
    lease: { owner, until: now + 60_000 },
    now,
    limit: 10,
  })
  for (const job of jobs) await handle({ ...job, owner }, { signal })
  return jobs.length
}

async function attach(content = 'Some text.', filename = 'a.txt'): Promise<string> {
  const file_id = await uploadFile(opened, { filename, content })
  await opened.vectorStoreFiles.create(project, store_id, { file_id })
  return file_id
}

const entry = (file_id: string) => parsed(opened.vectorStoreFiles.get(project, store_id, file_id))
const storeNow = () => parsed(opened.vectorStores.get(project, store_id))
const live = () => opened.store.segments.live(project, [store_id])

test('a file becomes searchable, and is counted', async () => {
  const file_id = await attach('Text für alle.')
  expect(await work({ embedder: new FakeEmbedder({ dimensions: 256 }) })).toBe(1)
  const usage_bytes = 15 + 256 * 4
  expect(await entry(file_id)).toMatchObject({ status: 'completed', usage_bytes, last_error: null })
  expect(await storeNow()).toMatchObject({
    status: 'completed',
    usage_bytes,
    file_counts: { in_progress: 0, completed: 1, total: 1 },
  })
  expect(await live()).toMatchObject([{ file_id, filename: 'a.txt', chunk_count: 1, space: '256/fake' }])
  expect(encoded[0]?.chunks).toMatchObject([{ text: 'Text für alle.' }])
  expect(encoded[0]?.vectors).toHaveLength(1)
  expect(await work()).toBe(0)
})

test('without an embedder there are no vectors', async () => {
  const file_id = await attach('Text.')
  await work()
  expect(encoded).toMatchObject([{ vectors: null, space: null }])
  expect(await entry(file_id)).toMatchObject({ status: 'completed', usage_bytes: 5 })
})

describe('a file fails at once', () => {
  test.each([
    ['of a kind that cannot be read', 'a.bin', 'xx', 'unsupported_file', 'The file type is not supported.'],
    ['with nothing in it', 'a.txt', ' \n ', 'invalid_file', 'The file could not be parsed because it is empty.'],
  ])('%s', async (_, filename, content, code, message) => {
    const file_id = await attach(content, filename)
    await work()
    expect(await entry(file_id)).toMatchObject({ status: 'failed', last_error: { code, message }, usage_bytes: 0 })
    expect(await storeNow()).toMatchObject({ status: 'completed', file_counts: { failed: 1, total: 1 } })
    expect(await live()).toEqual([])
    expect(await work({ inMs: 3_600_000 })).toBe(0)
  })
})

describe('when the fault is not its own, a file', () => {
  const failing = (failure: Error) => new FakeEmbedder({ before: () => Promise.reject(failure) })
  const unreachable = new ModelFailure('server_error', 'The upstream cannot be reached.')

  test('is tried again later', async () => {
    const file_id = await attach()
    expect(await work({ embedder: failing(unreachable) })).toBe(1)
    expect(await entry(file_id)).toMatchObject({ status: 'in_progress', last_error: null })
    expect(await work({ embedder: new FakeEmbedder() })).toBe(0)
    expect(await work({ embedder: new FakeEmbedder(), inMs: 1100 })).toBe(1)
    expect(await entry(file_id)).toMatchObject({ status: 'completed' })
  })

  test.each([
    [unreachable, 'The upstream cannot be reached.'],
    [new Error('secret detail'), 'An internal error occurred.'],
  ])('fails after five tries: %s', async (failure, message) => {
    const file_id = await attach()
    const far = 3_600_000
    for (let tries = 1; tries <= 5; tries++) {
      expect(await entry(file_id)).toMatchObject({ status: 'in_progress' })
      expect(await work({ embedder: failing(failure), inMs: far * tries })).toBe(1)
    }
    expect(await entry(file_id)).toMatchObject({ status: 'failed', last_error: { code: 'server_error', message } })
    expect(await work({ inMs: far * 10 })).toBe(0)
  })
})

test('a file that never came to an end is not begun for ever', async () => {
  const file_id = await attach()
  const hour = 3_600_000
  for (let claims = 1; claims <= 10; claims++) {
    const lease = { owner: `dead${claims}`, until: Date.now() + hour * claims }
    const jobs = await opened.store.queue.claim({
      kinds: [indexFileJob],
      lease,
      now: Date.now() + hour * claims,
      limit: 1,
    })
    expect(jobs).toHaveLength(1)
  }
  await work({ inMs: hour * 11 })
  expect(extractor.seen).toEqual([])
  expect(await entry(file_id)).toMatchObject({ status: 'failed', last_error: { code: 'server_error' } })
})

describe('what was made is dropped when meanwhile', () => {
  test('the file was attached again', async () => {
    const file_id = await attach()
    duringExtraction = async () => {
      duringExtraction = () => {}
      await opened.vectorStoreFiles.create(project, store_id, { file_id, attributes: { second: true } })
    }
    await work()
    expect(await entry(file_id)).toMatchObject({ status: 'in_progress', attributes: { second: true } })
    expect(await live()).toEqual([])
    expect(await work()).toBe(1)
    expect(await entry(file_id)).toMatchObject({ status: 'completed', attributes: { second: true } })
    expect(await storeNow()).toMatchObject({ file_counts: { in_progress: 0, completed: 1, total: 1 } })
  })

  test('its batch was cancelled', async () => {
    const file_id = await uploadFile(opened, { filename: 'a.txt', content: 'text' })
    const { id } = await parsed(opened.fileBatches.create(project, store_id, { file_ids: [file_id] }))
    duringExtraction = async () => void (await opened.fileBatches.cancel(project, store_id, id))
    await work()
    expect(await entry(file_id)).toMatchObject({ status: 'cancelled' })
    expect(await storeNow()).toMatchObject({ status: 'completed', file_counts: { cancelled: 1, total: 1 } })
    expect(await live()).toEqual([])
  })

  test('it was taken out of the store', async () => {
    const file_id = await attach()
    duringExtraction = async () => void (await opened.vectorStoreFiles.remove(project, store_id, file_id))
    await work()
    expect(await storeNow()).toMatchObject({ status: 'completed', usage_bytes: 0, file_counts: { total: 0 } })
    expect(await live()).toEqual([])
  })

  test('the file was deleted', async () => {
    const file_id = await attach()
    duringExtraction = async () => void (await opened.files.remove(project, file_id))
    await work()
    expect(await storeNow()).toMatchObject({ status: 'completed', file_counts: { total: 0 } })
    expect(await work({ inMs: 3_600_000 })).toBe(0)
  })

  test('the store was deleted', async () => {
    await attach()
    duringExtraction = async () => void (await opened.vectorStores.remove(project, store_id))
    await work()
    expect(await live()).toEqual([])
    expect(await work({ inMs: 3_600_000 })).toBe(0)
  })

  test('the store expired', async () => {
    const file_id = await attach()
    await opened.vectorStores.modify(project, store_id, { expires_after: { anchor: 'last_active_at', days: 1 } })
    duringExtraction = async () => {
      opened.clock.now += 86_400
      await opened.vectorStores.expire(project, store_id)
    }
    await work()
    expect(await entry(file_id)).toMatchObject({
      status: 'failed',
      last_error: { code: 'server_error', message: `Vector store ${store_id} has expired.` },
    })
    expect(await storeNow()).toMatchObject({ status: 'expired', file_counts: { in_progress: 0, failed: 1, total: 1 } })
  })

  test('somebody else has the job', async () => {
    const file_id = await attach()
    const later = 3_600_000
    duringExtraction = async () => {
      duringExtraction = () => {}
      expect(await work({ owner: 'somebody else', inMs: later })).toBe(1)
    }
    await work()
    expect(encoded).toHaveLength(2)
    expect(await storeNow()).toMatchObject({ file_counts: { in_progress: 0, completed: 1, total: 1 } })
    expect(await entry(file_id)).toMatchObject({ status: 'completed' })
  })
})

test('an interrupted job changes nothing', async () => {
  const file_id = await attach()
  const abort = new AbortController()
  signal = abort.signal
  duringExtraction = () => abort.abort('handback')
  await work()
  expect(await entry(file_id)).toMatchObject({ status: 'in_progress' })
  expect(await storeNow()).toMatchObject({ status: 'in_progress', file_counts: { in_progress: 1 } })
})
