import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startUpstream } from '../../../test/support/loopback-upstream.ts'
import { type ModelSettings, openModels } from '../model/open-models.ts'
import { usualRetries } from '../model/retry.ts'
import { type EmbedderSettings, openEmbedder } from './open-embedder.ts'

const signal = new AbortController().signal
const quiet = () => {}
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }

const closing: (() => PromiseLike<unknown>)[] = []
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reprise-open-embedder-'))
  closing.push(() => rm(folder, { recursive: true }))
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

type Source = NonNullable<EmbedderSettings['embedding']>['source']

async function open(
  source: Source | undefined,
  { dimensions, ...settings }: Partial<ModelSettings> & { dimensions?: number } = {},
) {
  const none = { upstream: undefined, openaiApiKey: undefined, modelsFile: undefined, scriptFile: undefined }
  const { models, find } = await openModels({ ...none, upstreamIdleTimeout: 5, ...settings }, { env: {}, log, signal })
  closing.push(models.close)
  const how = { dimensions, batch: 64, queryPrefix: '', passagePrefix: '' }
  const embedding = source === undefined ? undefined : { source, ...how }
  const retry = { ...usualRetries, retries: 0 }
  const embedder = await openEmbedder({ embedding, upstreamIdleTimeout: 5 }, { find, log, signal, retry })
  if (embedder) closing.push(embedder.close)
  return embedder
}

async function server(status = 200) {
  const upstream = await startUpstream({ status, body: { data: [{ index: 0, embedding: [3, 4] }] } })
  closing.push(() => upstream[Symbol.asyncDispose]())
  return upstream
}

async function scripted() {
  const scriptFile = join(folder, 'script.yaml')
  await writeFile(scriptFile, 'rules: [{ reply: Hi }]')
  return { scriptFile }
}

test('there is none unless one is configured', async () => {
  expect(await open(undefined, await scripted())).toBeNull()
})

test('an upstream of its own, with its own key', async () => {
  const { url, requests } = await server()
  const embedder = await open({ model: 'small', upstream: { url, key: 'sk-2' } }, await scripted())
  expect(embedder).toMatchObject({
    space: '2/small',
    dimensions: 2,
    label: `small at ${new URL(url).host}, 2 dimensions`,
  })
  expect(await embedder?.embed(['a'], { kind: 'query', signal })).toEqual([Float32Array.of(0.6, 0.8)])
  expect(requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer sk-2', 'Bearer sk-2'])
})

test('the upstream of the other models', async () => {
  const { url, requests } = await server()
  const embedder = await open({ model: 'small', upstream: undefined }, { upstream: { url, key: 'sk-1' } })
  expect(embedder?.space).toBe('2/small')
  expect(requests[0]?.headers.authorization).toBe('Bearer sk-1')
})

test('by the models file, under the name that the upstream has for it', async () => {
  const { url, requests } = await server()
  const modelsFile = join(folder, 'models.yaml')
  const entry = `{ url: '${url}', model: 'bge-m3', drop: [dimensions] }`
  await writeFile(modelsFile, `models: { embed-*: ${entry}, gpt: scripted }`)
  const embedder = await open({ model: 'embed-1', upstream: undefined }, { modelsFile, dimensions: 2 })
  expect(embedder?.space).toBe('2/bge-m3')
  expect(requests).toEqual([]) // with dimensions configured, nothing is asked at the start
  await embedder?.embed(['a'], { kind: 'query', signal })
  expect(JSON.parse(requests[0]?.body ?? '')).toEqual({ model: 'bge-m3', input: ['a'], encoding_format: 'base64' })
  await expect(open({ model: 'gpt', upstream: undefined }, { modelsFile })).rejects.toThrow('makes no embeddings')
  await expect(open({ model: 'other', upstream: undefined }, { modelsFile })).rejects.toThrow("for 'other'")
})

test('the scripted model makes none', async () => {
  await expect(open({ model: 'small', upstream: undefined }, await scripted())).rejects.toThrow(
    "REPRISE_EMBEDDING_MODEL: 'small' goes to the scripted model, which makes no embeddings",
  )
})

test('a model that does not answer stops the opening', async () => {
  const { url } = await server(500)
  await expect(open({ model: 'small', upstream: { url, key: undefined } }, await scripted())).rejects.toThrow(
    /^REPRISE_EMBEDDING_MODEL: The upstream at 127\.0\.0\.1:\d+ failed \(HTTP 500\) for model 'small'/,
  )
})

test('a file that is not there stops it too', async () => {
  await expect(open({ file: join(folder, 'none.gguf') }, await scripted())).rejects.toThrow('cannot be read (ENOENT')
})
