import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createEmbedder } from '../../src/adapters/embedding/embedder.ts'
import { openGgufSource } from '../../src/adapters/embedding/gguf-source.ts'
import { openEmbedder } from '../../src/adapters/embedding/open-embedder.ts'
import { usualRetries } from '../../src/adapters/model/retry.ts'
import type { Embedder } from '../../src/ports/embedder.ts'
import { startEngine } from './start-engine.ts'
import { writeTinyModel } from './write-model.ts'

const quiet = () => {}
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const signal = new AbortController().signal
const how = { dimensions: undefined, batch: 4, queryPrefix: '', passagePrefix: '' }
const packageName = 'node-llama-cpp' // this folder's own, which the compiler may not find

const undo = new AsyncDisposableStack()
let overHttp: Embedder
let inProcess: Embedder

beforeAll(async () => {
  const engine = undo.use(await startEngine())
  const source = { model: engine.model, upstream: { url: engine.url, key: undefined } }
  const parts = { find: () => null, log, signal }
  const opened = await openEmbedder({ embedding: { ...how, source }, upstreamIdleTimeout: 60 }, parts)
  if (opened === null) throw new Error('There is no embedder.')
  undo.defer(opened.close)
  overHttp = opened

  const folder = await mkdtemp(join(tmpdir(), 'reprise-embedder-'))
  undo.defer(() => rm(folder, { recursive: true }))
  const path = join(folder, 'tiny.gguf')
  await writeTinyModel(path)
  const gguf = await openGgufSource(path, { log, engine: () => import(packageName) })
  undo.defer(gguf.close)
  inProcess = await createEmbedder(gguf, { ...how, retry: usualRetries, log }, { signal })
}, 180_000)

afterAll(() => undo.disposeAsync())

const texts = Array.from({ length: 10 }, (_, index) => 'This is a text. '.repeat(index + 1))

it('embeds over HTTP, many texts in their order', { timeout: 60_000 }, async () => {
  const vectors = await overHttp.embed(texts, { kind: 'passage', signal })
  expect(overHttp.dimensions).toBe(64)
  for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 5)
  for (const [index, text] of texts.entries()) {
    const [alone] = await overHttp.embed([text], { kind: 'query', signal })
    expect(nearness(alone, vectors[index])).toBeCloseTo(1, 4)
  }
  expect(nearness(vectors[0], vectors[9])).toBeLessThan(0.9999)
})

it('embeds a file in this process, to the same vectors', { timeout: 60_000 }, async () => {
  expect(inProcess.space).toMatch(/^64\/tiny\.gguf@/)
  const [here, there] = await Promise.all(
    [inProcess, overHttp].map((each) => each.embed(texts, { kind: 'query', signal })),
  )
  for (const index of texts.keys()) expect(nearness(here?.[index], there?.[index])).toBeCloseTo(1, 3)
})

it('embeds in parts what is longer than the context', { timeout: 120_000 }, async () => {
  const [vector] = await inProcess.embed(['a word or two '.repeat(400)], { kind: 'passage', signal })
  expect(Math.hypot(...(vector ?? []))).toBeCloseTo(1, 5)
})

function nearness(one: Float32Array | undefined, other: Float32Array | undefined): number {
  return one?.reduce((sum, value, index) => sum + value * (other?.[index] ?? 0), 0) ?? 0
}
