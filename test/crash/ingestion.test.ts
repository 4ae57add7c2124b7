import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI, { toFile } from 'openai'
import { expect, it, vi } from 'vitest'
import { freePort } from './free-port.ts'
import { startProcess } from './server-process.ts'

const files = 500
/** How many files are done when the server is killed, each time. */
const kills = [7, 60, 150, 310, 470]

it(`a server that is killed ${kills.length} times makes ${files} files searchable, each once`, {
  timeout: 240_000,
}, async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'reprise-crash-'))
  const port = await freePort()
  const start = () =>
    startProcess(port, { REPRISE_DATA_DIR: folder.path, REPRISE_UPSTREAM_URL: 'http://127.0.0.1:9/v1' })
  const client = new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'test', maxRetries: 0, timeout: 10_000 })
  let server = await start()
  const { id: vector_store_id } = await client.vectorStores.create({})
  const file_ids = await upload(client)
  const batch = await client.vectorStores.fileBatches.create(vector_store_id, { file_ids })

  /** Looks at the counts until so many files are done; at every look they add up. */
  async function done(count: number): Promise<void> {
    await vi.waitFor(
      async () => {
        const { file_counts } = await client.vectorStores.fileBatches.retrieve(batch.id, { vector_store_id })
        const store = await client.vectorStores.retrieve(vector_store_id)
        for (const { total, in_progress, completed, failed, cancelled } of [file_counts, store.file_counts]) {
          expect([total, in_progress + completed + failed + cancelled]).toEqual([files, files])
          expect([failed, cancelled]).toEqual([0, 0])
        }
        if (file_counts.completed < count) throw new Error(`${file_counts.completed} of ${count} are done`)
      },
      { interval: 20, timeout: 120_000 },
    )
  }

  for (const count of kills) {
    await done(count)
    await server.kill('SIGKILL')
    server = await start()
  }
  await done(files)
  expect(await client.vectorStores.retrieve(vector_store_id)).toMatchObject({
    status: 'completed',
    file_counts: { completed: files },
  })
  const listed: string[] = []
  for await (const { id, status } of client.vectorStores.files.list(vector_store_id, { limit: 100, order: 'asc' })) {
    expect(status).toBe('completed')
    listed.push(id)
  }
  expect(listed).toEqual(file_ids)
  for (const number of [0, 6, 7, 60, 151, 310, 499]) {
    const { data } = await client.vectorStores.search(vector_store_id, { query: wordOf(number) })
    expect(data.map(({ file_id }) => file_id)).toEqual([file_ids[number]])
  }
  await server.kill('SIGTERM')
})

/** Uploads the files, twenty at a time; answers their ids in order. */
async function upload(client: OpenAI): Promise<string[]> {
  const ids: string[] = []
  for (let first = 0; first < files; first += 20) {
    const some = Array.from({ length: 20 }, async (_, place) => {
      const file = await toFile(Buffer.from(`Only here: ${wordOf(first + place)}.`), `${first + place}.txt`)
      return (await client.files.create({ file, purpose: 'assistants' })).id
    })
    ids.push(...(await Promise.all(some)))
  }
  return ids
}

/** A word for each number, and no other has it. */
function wordOf(number: number): string {
  return `q${Array.from(String(number), (digit) => 'abcdefghij'[Number(digit)]).join('')}x`
}
