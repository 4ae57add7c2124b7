import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI, { toFile } from 'openai'
import { expect, test, vi } from 'vitest'
import { readConfig } from '../src/config.ts'
import { createServer } from '../src/server.ts'
import { FakeEmbedder } from './support/fake-embedder.ts'
import { FakeModel } from './support/fake-model.ts'

/** Serves what lies in the folder with this embedder, or with none, for as long as `use` takes. */
async function serving(folder: string, embedder: FakeEmbedder | null, use: (client: OpenAI) => Promise<void>) {
  const config = readConfig({ REPRISE_PORT: '0', REPRISE_DATA_DIR: folder, REPRISE_LOG_LEVEL: 'fatal' })
  const server = await createServer(config, { model: new FakeModel([]), ...(embedder && { embedder }) })
  await server.start()
  try {
    await use(new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'test', maxRetries: 0 }))
  } finally {
    await server.stop()
  }
}

test('files are embedded again when the model changes, and are found by their words until then', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'reprise-embedding-'))
  const text = 'Photosynthesis turns light into sugar.'
  let id = ''
  async function scoreOf(client: OpenAI): Promise<number> {
    const { data } = await client.vectorStores.search(id, { query: text })
    expect(data).toMatchObject([{ filename: 'plants.txt' }])
    return data[0]?.score ?? 0
  }
  let byWords = 0
  await serving(folder.path, null, async (client) => {
    id = (await client.vectorStores.create({})).id
    await client.vectorStores.files.uploadAndPoll(id, await toFile(Buffer.from(text), 'plants.txt'))
    byWords = await scoreOf(client)
  })
  for (const model of ['first', 'second']) {
    const embedder = new FakeEmbedder({ model })
    await serving(folder.path, embedder, async (client) => {
      // The meanings of query and text are the same, so that vectors raise the score as soon as they can be compared.
      await vi.waitFor(async () => expect(await scoreOf(client)).toBeGreaterThan(byWords), { timeout: 10_000 })
      const passages = embedder.calls.filter(({ kind }) => kind === 'passage')
      expect(passages).toMatchObject([{ texts: [text] }])
    })
  }
})
