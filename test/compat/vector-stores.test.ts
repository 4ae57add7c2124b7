import type OpenAI from 'openai'
import { describe, expect, test, vi } from 'vitest'
import { FakeEmbedder } from '../support/fake-embedder.ts'
import { FakeModel } from '../support/fake-model.ts'
import { startServer } from '../support/start-server.ts'
import { type ClientMajor, clientMajors } from './clients.ts'

const foods = "Filip's favorite food is cake. Everybody knows that."
const rivers = 'The Aare flows through Bern, and the Limmat through Zürich.'

async function open(major: ClientMajor) {
  const server = await startServer({ model: new FakeModel([]), embedder: new FakeEmbedder() })
  const client = major.open({ baseURL: server.baseURL, apiKey: 'sk-compat' })
  const upload = (text: string, name: string) => major.toFile(Buffer.from(text), name)
  async function uploaded(text: string, name: string): Promise<string> {
    return (await client.files.create({ file: await upload(text, name), purpose: 'assistants' })).id
  }
  return { client, upload, uploaded, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

async function found(client: OpenAI, store_id: string, query: string, filters?: OpenAI.ComparisonFilter) {
  const page = await client.vectorStores.search(store_id, { query, ...(filters && { filters }) })
  return page.data.map(({ filename }) => filename)
}

describe.each(clientMajors)('$name', (major) => {
  test('a store: create, retrieve, update, list, delete', async () => {
    await using scene = await open(major)
    const { vectorStores } = scene.client
    const expires_after = { anchor: 'last_active_at' as const, days: 3 }
    const made = await vectorStores.create({ name: 'papers', expires_after, metadata: { k: 'v' } })
    expect(made).toMatchObject({ object: 'vector_store', status: 'completed', expires_after })
    expect(made.expires_at).toBe((made.last_active_at ?? 0) + 3 * 86_400)
    expect(await vectorStores.retrieve(made.id)).toEqual(made)
    expect(await vectorStores.update(made.id, { name: 'books', expires_after: null })).toMatchObject({
      name: 'books',
      expires_at: null,
      metadata: { k: 'v' },
    })
    const other = await vectorStores.create({})
    expect((await vectorStores.list()).data.map(({ id }) => id)).toEqual([other.id, made.id])
    expect(await vectorStores.delete(made.id)).toEqual({ id: made.id, object: 'vector_store.deleted', deleted: true })
    await expect(vectorStores.retrieve(made.id)).rejects.toThrow(`404 No vector store found with id '${made.id}'.`)
  })

  test('files: uploadAndPoll, search, content, attributes, delete', async () => {
    await using scene = await open(major)
    const { client, upload, uploaded } = scene
    const { id } = await client.vectorStores.create({})
    const food = await client.vectorStores.files.uploadAndPoll(id, await upload(foods, 'foods.txt'))
    expect(food).toMatchObject({ status: 'completed', vector_store_id: id, last_error: null })
    expect(food.usage_bytes).toBe(foods.length + 256 * 4)
    const attributes = { topic: 'rivers', year: 2024 }
    const file_id = await uploaded(rivers, 'rivers.md')
    const river = await client.vectorStores.files.createAndPoll(id, { file_id, attributes })
    expect(river).toMatchObject({ id: file_id, status: 'completed', attributes })
    const page = await client.vectorStores.search(id, { query: "What is Filip's favorite food?", rewrite_query: true })
    expect(page.data[0]).toMatchObject({ filename: 'foods.txt', content: [{ type: 'text', text: foods }] })
    expect(page.data[0]?.score).toBeGreaterThan(0.3)
    expect(await found(client, id, 'food', { type: 'gte', key: 'year', value: 2024 })).toEqual(['rivers.md'])
    await client.vectorStores.files.update(file_id, { vector_store_id: id, attributes: { year: 2023 } })
    expect(await found(client, id, 'food', { type: 'gte', key: 'year', value: 2024 })).toEqual([])
    const content = await client.vectorStores.files.content(file_id, { vector_store_id: id })
    expect(content.data).toEqual([{ type: 'text', text: rivers }])
    await client.vectorStores.files.delete(food.id, { vector_store_id: id })
    expect(await found(client, id, 'favorite food')).toEqual(['rivers.md'])
    await client.files.delete(file_id)
    expect(await found(client, id, 'favorite food')).toEqual([])
    expect(await client.vectorStores.retrieve(id)).toMatchObject({ usage_bytes: 0, file_counts: { total: 0 } })
  })

  test('a file that cannot be read says why, and is counted', async () => {
    await using scene = await open(major)
    const { client, upload } = scene
    const { id } = await client.vectorStores.create({})
    const failed = await client.vectorStores.files.uploadAndPoll(id, await upload('MZ\0\x01\x02\0', 'tool.exe'))
    expect(failed).toMatchObject({ status: 'failed', last_error: { code: 'unsupported_file' }, usage_bytes: 0 })
    expect(failed.last_error?.message).not.toBe('')
    expect(await client.vectorStores.retrieve(id)).toMatchObject({
      status: 'completed',
      file_counts: { failed: 1, total: 1 },
    })
  })

  test('batches: uploadAndPoll, files of a batch in pages, cancel', async () => {
    await using scene = await open(major)
    const { client, upload, uploaded } = scene
    const { id } = await client.vectorStores.create({})
    const files = await Promise.all([1, 2, 3, 4, 5].map((n) => upload(`This is file number ${n}.`, `${n}.txt`)))
    const batch = await client.vectorStores.fileBatches.uploadAndPoll(id, { files })
    expect(batch).toMatchObject({
      object: 'vector_store.files_batch',
      status: 'completed',
      file_counts: { in_progress: 0, completed: 5, total: 5 },
    })
    expect(await client.vectorStores.retrieve(id)).toMatchObject({ status: 'completed', file_counts: { completed: 5 } })
    const listed: string[] = []
    const query = { vector_store_id: id, limit: 2, order: 'asc' as const, filter: 'completed' as const }
    for await (const file of client.vectorStores.fileBatches.listFiles(batch.id, query)) listed.push(file.id)
    const all: string[] = []
    for await (const file of client.vectorStores.files.list(id, { limit: 2, order: 'desc' })) all.push(file.id)
    expect(new Set(listed).size).toBe(5)
    expect(all).toEqual(listed.toReversed())
    const file_ids = [await uploaded('one more', 'more.txt')]
    const second = await client.vectorStores.fileBatches.create(id, { file_ids })
    const cancelled = await client.vectorStores.fileBatches.cancel(second.id, { vector_store_id: id })
    expect(['cancelled', 'completed']).toContain(cancelled.status)
    expect(cancelled.file_counts).toMatchObject({ in_progress: 0, total: 1 })
    expect(await client.vectorStores.fileBatches.retrieve(second.id, { vector_store_id: id })).toEqual(cancelled)
  })
})

const newest = clientMajors.at(-1) as ClientMajor

test('counts add up at every look', async () => {
  await using scene = await open(newest)
  const { client, uploaded } = scene
  const names = Array.from({ length: 20 }, (_, n) => (n % 5 === 0 ? `${n}.exe` : `${n}.txt`))
  const file_ids = await Promise.all(
    names.map((name) => uploaded(name.endsWith('exe') ? 'MZ\0\x01' : `File ${name}`, name)),
  )
  const { id } = await client.vectorStores.create({ file_ids })
  await vi.waitFor(
    async () => {
      const { status, file_counts } = await client.vectorStores.retrieve(id)
      const { total, in_progress, completed, failed, cancelled } = file_counts
      if (total !== 20 || in_progress + completed + failed + cancelled !== 20) throw new Error('does not add up')
      expect(status).toBe(in_progress > 0 ? 'in_progress' : 'completed')
      expect(file_counts).toMatchObject({ in_progress: 0, completed: 16, failed: 4 })
    },
    { timeout: 15_000 },
  )
})

test('pages of a search visit each passage once', async () => {
  await using scene = await open(newest)
  const { client, upload } = scene
  const { id } = await client.vectorStores.create({})
  const files = await Promise.all([1, 2, 3, 4, 5].map((n) => upload(`Passage ${n} about rivers.`, `${n}.txt`)))
  await client.vectorStores.fileBatches.uploadAndPoll(id, { files })
  const names: string[] = []
  let page: string | null = '0'
  while (page !== null) {
    const found: { data: { filename: string }[]; has_more: boolean; next_page: string | null } = await client.post(
      `/vector_stores/${id}/search`,
      { query: { page }, body: { query: 'rivers', max_num_results: 2 } },
    )
    names.push(...found.data.map(({ filename }) => filename))
    expect(found.has_more).toBe(found.next_page !== null)
    page = found.next_page
  }
  expect(names.sort()).toEqual(['1.txt', '2.txt', '3.txt', '4.txt', '5.txt'])
})

test('filters join and compare', async () => {
  await using scene = await open(newest)
  const { client, uploaded } = scene
  const { id } = await client.vectorStores.create({})
  const files = [
    { file_id: await uploaded('a text', 'a.txt'), attributes: { year: 2020, lang: 'de' } },
    { file_id: await uploaded('a text', 'b.txt'), attributes: { year: 2021, lang: 'en', final: true } },
    { file_id: await uploaded('a text', 'c.txt'), attributes: { lang: 'fr' } },
  ]
  await client.vectorStores.fileBatches.createAndPoll(id, { files })
  const search = async (filters: OpenAI.ComparisonFilter | OpenAI.CompoundFilter) =>
    (await client.vectorStores.search(id, { query: 'text', filters })).data.map(({ filename }) => filename).sort()
  expect(await search({ type: 'eq', key: 'final', value: true })).toEqual(['b.txt'])
  expect(await search({ type: 'ne', key: 'lang', value: 'de' })).toEqual(['b.txt', 'c.txt'])
  expect(await search({ type: 'lt', key: 'year', value: 2021 })).toEqual(['a.txt'])
  expect(await search({ type: 'lte', key: 'year', value: 2021 })).toEqual(['a.txt', 'b.txt'])
  expect(await search({ type: 'in', key: 'lang', value: ['de', 'fr'] })).toEqual(['a.txt', 'c.txt'])
  expect(await search({ type: 'nin', key: 'year', value: [2020] })).toEqual(['b.txt', 'c.txt'])
  const newer = { type: 'gt' as const, key: 'year', value: 2020 }
  const french = { type: 'eq' as const, key: 'lang', value: 'fr' }
  expect(await search({ type: 'or', filters: [newer, french] })).toEqual(['b.txt', 'c.txt'])
  expect(await search({ type: 'and', filters: [newer, { type: 'eq', key: 'lang', value: 'en' }] })).toEqual(['b.txt'])
})

test('whoever polls is told how often', async () => {
  await using scene = await open(newest)
  const { client, uploaded } = scene
  const { id: vector_store_id } = await client.vectorStores.create({})
  const batch = await client.vectorStores.fileBatches.create(vector_store_id, {
    file_ids: [await uploaded('x', 'x.txt')],
  })
  const answer = await client.vectorStores.fileBatches.retrieve(batch.id, { vector_store_id }).asResponse()
  expect(answer.headers.get('openai-poll-after-ms')).toBe('200')
})

test('an attachment for search goes to the store of the thread, with its text', async () => {
  await using scene = await open(newest)
  const { client, uploaded } = scene
  const file_id = await uploaded(foods, 'foods.txt')
  const attachments = [{ file_id, tools: [{ type: 'file_search' as const }] }]
  const thread = await client.beta.threads.create({ messages: [{ role: 'user', content: 'Look.', attachments }] })
  const [id = ''] = thread.tool_resources?.file_search?.vector_store_ids ?? []
  await client.vectorStores.files.poll(id, file_id)
  expect(await found(client, id, 'cake')).toEqual(['foods.txt'])
  const other = await uploaded(rivers, 'rivers.txt')
  const more = [{ file_id: other, tools: [{ type: 'file_search' as const }] }]
  await client.beta.threads.messages.create(thread.id, { role: 'user', content: 'And?', attachments: more })
  expect((await client.beta.threads.retrieve(thread.id)).tool_resources).toEqual(thread.tool_resources)
  await client.vectorStores.files.poll(id, other)
  expect((await client.vectorStores.retrieve(id)).file_counts).toMatchObject({ completed: 2, total: 2 })
})
