import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openGgufSource } from './gguf-source.ts'
import { type LlamaEngine, loadLlamaEngine } from './llama-engine.ts'

const quiet = () => {}
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const signal = new AbortController().signal

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reprise-gguf-'))
  path = join(folder, 'small.gguf')
  await writeFile(path, 'GGUF')
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

/** A token for each character, and a vector of its codes. */
function engine({ trainContextSize = 10, hang = false, broken = false } = {}) {
  const seen: unknown[] = []
  const llama: LlamaEngine = {
    getLlama: async ({ build }) => ({
      async loadModel({ modelPath }) {
        if (broken) throw new Error('no magic')
        seen.push({ build, modelPath })
        return {
          trainContextSize,
          async createEmbeddingContext(options) {
            seen.push(options)
            return {
              calculateInputLength: (text) => text.length,
              getEmbeddingFor: (text) =>
                hang ? new Promise(() => {}) : Promise.resolve({ vector: [text.length, text.charCodeAt(0)] }),
            }
          },
        }
      },
      dispose: async () => {
        seen.push('disposed')
      },
    }),
  }
  return { seen, options: { log, engine: async () => llama } }
}

test('computes one text after the other, in batches as long as the context', async () => {
  const { seen, options } = engine()
  const source = await openGgufSource(path, options)
  expect(await source.embed(['a', 'bb'], { signal })).toEqual([Float32Array.of(1, 97), Float32Array.of(2, 98)])
  await source.close()
  expect(seen).toEqual([
    { build: 'never', modelPath: path },
    { contextSize: 10, batchSize: 10, threads: expect.any(Number) },
    'disposed',
  ])
})

test('takes no more than 2048 tokens, and says what is too long', async () => {
  const { seen, options } = engine({ trainContextSize: 32_768 })
  const source = await openGgufSource(path, options)
  expect(seen[1]).toMatchObject({ contextSize: 2048, batchSize: 2048 })
  expect(await source.embed(['x'.repeat(2047)], { signal })).toHaveLength(1)
  await expect(source.embed(['x'.repeat(2048)], { signal })).rejects.toMatchObject({ code: 'context_length_exceeded' })
})

test('goes by the content of the file', async () => {
  const { options } = engine()
  const model = async () => (await openGgufSource(path, options)).model
  const first = await model()
  expect(first).toMatch(/^small\.gguf@[\da-f]{12}$/)
  expect(await model()).toBe(first)
  await writeFile(path, 'GGUF, but another')
  expect(await model()).not.toBe(first)
})

test('whoever waits can go', async () => {
  const source = await openGgufSource(path, engine({ hang: true }).options)
  const controller = new AbortController()
  const call = source.embed(['a'], { signal: controller.signal })
  controller.abort(new Error('enough'))
  await expect(call).rejects.toThrow('enough')
})

test('says what is wrong with the file', async () => {
  await expect(openGgufSource(join(folder, 'none.gguf'), engine().options)).rejects.toThrow(
    /^REPRISE_EMBEDDING_MODEL: .*none\.gguf cannot be read \(ENOENT/,
  )
  const { seen, options } = engine({ broken: true })
  await expect(openGgufSource(path, options)).rejects.toThrow(/small\.gguf cannot be loaded \(no magic\)$/)
  expect(seen).toEqual(['disposed'])
})

test('says what to do where the package is not installed', async () => {
  await expect(openGgufSource(path, { log, engine: () => loadLlamaEngine('no-such-engine') })).rejects.toThrow(
    /needs the package no-such-engine, which is not installed: `npm install no-such-engine`/,
  )
})
