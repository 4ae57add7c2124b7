import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI, { toFile } from 'openai'
import { describe, expect, test } from 'vitest'
import { ensureBun } from '../scripts/ensure-bun.ts'
import { FakeModel } from './support/fake-model.ts'
import { pdfDocument, pdfText } from './support/pdf-document.ts'
import { serveElsewhere } from './support/serve-elsewhere.ts'

const runtime = await ensureBun()

/** A server on Bun, with everything as it is on Node. */
async function startOnBun(bun: string, model: FakeModel) {
  const dataDir = await mkdtemp(join(tmpdir(), 'reprise-bun-'))
  const env = { REPRISE_PORT: '0', REPRISE_LOG_LEVEL: 'error', REPRISE_SANDBOX: 'off', REPRISE_DATA_DIR: dataDir }
  const server = await serveElsewhere(bun, env, { model })
  return {
    client: new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'test', maxRetries: 0 }),
    async [Symbol.asyncDispose]() {
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

describe.skipIf('missing' in runtime)('a server on Bun', () => {
  const bun = 'bun' in runtime ? runtime.bun : ''

  test('streams runs', async () => {
    await using server = await startOnBun(bun, new FakeModel(['Hello there']))
    const { assistants, threads } = server.client.beta
    const { id: assistant_id } = await assistants.create({ model: 'gpt-4o' })
    const { id: thread_id } = await threads.create({ messages: [{ role: 'user', content: 'Hi' }] })
    const pieces: string[] = []
    const stream = threads.runs.stream(thread_id, { assistant_id }).on('textDelta', ({ value }) => {
      pieces.push(value ?? '')
    })
    expect((await stream.finalRun()).status).toBe('completed')
    expect(pieces).toEqual(['Hello ', 'there'])
  })

  // Its parser runs on Node, whose permissions hold it: Bun would pass over them.
  test('reads documents that take a parser', async () => {
    await using server = await startOnBun(bun, new FakeModel())
    const { files, vectorStores } = server.client
    const pdf = await toFile(pdfDocument({ pages: [pdfText('The crane lifts four tonnes.')] }), 'crane.pdf')
    const file = await files.create({ file: pdf, purpose: 'assistants' })
    const store = await vectorStores.create({})
    const entry = await vectorStores.files.createAndPoll(store.id, { file_id: file.id }, { pollIntervalMs: 50 })
    expect(entry).toMatchObject({ status: 'completed', last_error: null })
  })
})
