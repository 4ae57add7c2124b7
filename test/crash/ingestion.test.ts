import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import OpenAI from 'openai'
import { expect, it } from 'vitest'
import { type Uploaded, uploadMany } from './documents.ts'
import { freePort } from './free-port.ts'
import { randomFrom } from './random.ts'
import { startProcess } from './server-process.ts'

const storeCount = 5
/** Each round hands over one batch and ends with a kill. */
const rounds = 10
const batchSize = 50
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000)

interface KnownStore {
  readonly id: string
  /** What it was acknowledged to hold. */
  readonly files: Uploaded[]
  readonly batches: string[]
}

it(`a server that is killed ${rounds} times while it ingests loses no file (CRASH_SEED=${seed})`, {
  timeout: 120_000,
}, async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'reprise-crash-'))
  const random = randomFrom(seed)
  const port = await freePort()
  const env = { REPRISE_DATA_DIR: folder.path, REPRISE_UPSTREAM_URL: 'http://127.0.0.1:9/v1' }
  const client = new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'test', maxRetries: 0, timeout: 10_000 })
  let server = await startProcess(port, env)
  const uploaded = await uploadMany(client, rounds * batchSize)
  const stores = await createStores(client)
  const gone: { vector_store_id: string; word: string }[] = []
  let deletedStore: KnownStore | undefined
  let cut = 0

  for (let round = 0; round < rounds; round++) {
    if (round === 6) gone.push(await takeOut(client, stores[0]), await deleteFile(client, stores[1]))
    if (round === 8) deletedStore = await deleteStore(client, stores)
    const target = stores[round % stores.length] as KnownStore
    await handOver(client, target, uploaded.slice(round * batchSize, (round + 1) * batchSize))
    const done = await countDone(client, stores)
    await untilDone(client, stores, done + Math.floor(random() * (totalOf(stores) - done)))
    await pause(random() * 20)
    await server.kill('SIGKILL')
    server = await startProcess(port, env)
    if ((await countDone(client, stores)) < totalOf(stores)) cut += 1
  }
  expect(cut).toBeGreaterThan(rounds / 2) // or the kills came too late to tell anything
  await untilDone(client, stores, totalOf(stores))

  for (const store of stores) await checkStore(client, store)
  for (const { vector_store_id, word } of gone) expect(await found(client, vector_store_id, word)).toEqual([])
  const search = client.vectorStores.search(deletedStore?.id ?? '', { query: deletedStore?.files[0]?.word ?? '' })
  await expect(search).rejects.toMatchObject({ status: 404 })
  expect(await server.kill('SIGTERM')).toBe(0)
})

async function createStores(client: OpenAI): Promise<KnownStore[]> {
  const created = Array.from({ length: storeCount }, async () => {
    const { id } = await client.vectorStores.create({})
    return { id, files: [], batches: [] }
  })
  return Promise.all(created)
}

async function handOver(client: OpenAI, store: KnownStore, files: readonly Uploaded[]): Promise<void> {
  const batch = await client.vectorStores.fileBatches.create(store.id, { file_ids: files.map(({ id }) => id) })
  store.batches.push(batch.id)
  store.files.push(...files)
}

/** Takes the newest file out of the store. */
async function takeOut(client: OpenAI, store: KnownStore | undefined) {
  const { vector_store_id, id, word } = forgetNewest(store)
  await client.vectorStores.files.delete(id, { vector_store_id })
  return { vector_store_id, word }
}

/** Deletes the newest file of the store, wherever it is. */
async function deleteFile(client: OpenAI, store: KnownStore | undefined) {
  const { vector_store_id, id, word } = forgetNewest(store)
  await client.files.delete(id)
  return { vector_store_id, word }
}

function forgetNewest(store: KnownStore | undefined): Uploaded & { vector_store_id: string } {
  const file = store?.files.pop()
  if (!store || !file) throw new Error('the store holds no file')
  return { ...file, vector_store_id: store.id }
}

async function deleteStore(client: OpenAI, stores: KnownStore[]): Promise<KnownStore | undefined> {
  const store = stores.pop()
  await client.vectorStores.delete(store?.id ?? '')
  return store
}

function totalOf(stores: readonly KnownStore[]): number {
  return stores.reduce((sum, { files }) => sum + files.length, 0)
}

/** Looks until so many files are done; a look that does not add up is the end of it. */
async function untilDone(client: OpenAI, stores: readonly KnownStore[], count: number): Promise<void> {
  const deadline = Date.now() + 60_000
  for (let done = await countDone(client, stores); done < count; done = await countDone(client, stores)) {
    if (Date.now() > deadline) throw new Error(`${done} of ${count} files are done`)
    await pause(20)
  }
}

/** How many files are done. Every count adds up, and a store has what it was acknowledged to have. */
async function countDone(client: OpenAI, stores: readonly KnownStore[]): Promise<number> {
  let done = 0
  for (const { id, files, batches } of stores) {
    const { file_counts } = await client.vectorStores.retrieve(id)
    expect(file_counts.total).toBe(files.length)
    done += doneOf(file_counts)
    for (const batch of batches) {
      doneOf((await client.vectorStores.fileBatches.retrieve(batch, { vector_store_id: id })).file_counts)
    }
  }
  return done
}

function doneOf({ total, in_progress, completed, failed, cancelled }: OpenAI.VectorStore.FileCounts): number {
  expect({ total }).toEqual({ total: in_progress + completed + failed + cancelled })
  return completed + failed + cancelled
}

/** Every promise that was made about a store: its files have ended as they must, each once, and are found. */
async function checkStore(client: OpenAI, { id, files, batches }: KnownStore): Promise<void> {
  const fates: [string, string][] = []
  for await (const file of client.vectorStores.files.list(id, { limit: 100, order: 'asc' })) {
    fates.push([file.id, file.status === 'failed' ? (file.last_error?.code ?? 'failed') : file.status])
  }
  expect(fates).toEqual(files.map((file) => [file.id, file.fate]))
  for (const batch of batches) {
    const { status } = await client.vectorStores.fileBatches.retrieve(batch, { vector_store_id: id })
    expect(status).toBe('completed')
  }
  for (const file of files) {
    expect(await found(client, id, file.word)).toEqual(file.fate === 'completed' ? [file.id] : [])
  }
}

async function found(client: OpenAI, vector_store_id: string, query: string): Promise<string[]> {
  const { data } = await client.vectorStores.search(vector_store_id, { query })
  return data.map(({ file_id }) => file_id)
}
