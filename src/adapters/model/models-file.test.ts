import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readModelsFile } from './models-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reprise-models-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function read(text: string, env: Record<string, string> = {}) {
  const path = join(folder, 'models.yaml')
  await writeFile(path, text)
  return readModelsFile(path, { env })
}

test('the example in docs/models.md', async () => {
  const document = await readFile(new URL('../../../docs/models.md', import.meta.url), 'utf8')
  const [, text = ''] = /```yaml\n(.*?)```/s.exec(document) ?? []
  const box = {
    key: null,
    tokenLimitField: 'max_tokens',
    idleTimeout: null,
    drop: [],
    url: 'http://192.168.1.20:11434/v1',
  }
  const usual = { key: null, tokenLimitField: null, idleTimeout: null, drop: [] }
  expect(await read(text, { OPENAI_API_KEY: 'sk-1' })).toEqual([
    { pattern: 'gpt-4o', upstream: box, model: 'qwen3:32b', contextWindow: 32768 },
    {
      pattern: 'o3-mini',
      upstream: { ...usual, url: 'https://api.openai.com/v1', key: 'sk-1', drop: ['temperature', 'top_p'] },
      model: null,
      contextWindow: null,
    },
    { pattern: 'gpt-4*', upstream: box, model: 'llama3.2:3b', contextWindow: null },
    {
      pattern: 'small',
      upstream: { ...usual, url: 'http://127.0.0.1:8000/v1' },
      model: 'Qwen/Qwen3-8B',
      contextWindow: null,
    },
    { pattern: 'test-*', upstream: 'scripted', model: null, contextWindow: null },
  ])
})

describe('a mistake is told in one line, with its place', () => {
  test.each([
    ['models: {}', 'models.yaml:1: models: names no model'],
    ['models:\n  a: box', "models.yaml:2: models.a.upstream: there is no upstream 'box' under upstreams"],
    ['models:\n  a: { model: b }', 'models.yaml:2: models.a: needs either upstream or url'],
    ['models:\n  a:\n    url: localhost:8000', 'models.yaml:3: models.a.url: must be an http:// or https:// address'],
    ['models:\n  a:\n    url: http://b/v1\n    kee: c', 'models.yaml:4: models.a.kee: Unrecognized key'],
    ['models:\n  a:\n    url: http://b/v1\n    context_window: big', 'models.yaml:4: models.a.context_window: '],
    ['models:\n  a: { url: "http://b/v1", key: c, key_env: D }', 'models.a: has both key and key_env'],
    ['models:\n  a: { url: "http://b/v1", key_env: D }', 'models.a.key_env: the environment variable D is not set'],
    [
      'upstreams:\n  b: { url: "http://b/v1" }\nmodels:\n  a: { upstream: b, key: c }',
      'models.yaml:4: models.a: names an upstream',
    ],
    [
      'upstreams:\n  scripted: { url: "http://b/v1" }\nmodels:\n  a: scripted',
      "models.yaml:1: upstreams: 'scripted' is",
    ],
    ['models: [', 'models.yaml:1: '],
  ])('%j', async (text, message) => {
    await expect(read(text)).rejects.toMatchObject({ name: 'YamlFileError', message: expect.stringContaining(message) })
  })

  test('a file that is not there', async () => {
    await expect(readModelsFile(join(folder, 'none.yaml'), { env: {} })).rejects.toThrow('none.yaml does not exist')
  })
})
