import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startUpstream } from '../../../test/support/loopback-upstream.ts'
import { modelRequest, readReply } from '../../../test/support/model-requests.ts'
import type { Log } from '../../lib/log.ts'
import { type ModelSettings, openModels } from './open-models.ts'

const signal = new AbortController().signal
const quiet = () => {}
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet }

let folder: string
let closing: (() => PromiseLike<unknown>)[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reprise-open-models-'))
  closing = [() => rm(folder, { recursive: true })]
})
afterEach(async () => {
  for (const close of closing.reverse()) await close()
})

async function open(settings: Partial<ModelSettings>, env: Record<string, string> = {}) {
  const none = { upstream: undefined, openaiApiKey: undefined, modelsFile: undefined, scriptFile: undefined }
  const opened = await openModels({ ...none, upstreamIdleTimeout: 120, ...settings }, { env, log, signal })
  closing.push(opened.models.close)
  return opened
}

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

async function server(stream: string) {
  const upstream = await startUpstream({ stream })
  closing.push(() => upstream[Symbol.asyncDispose]())
  return upstream
}

test('one upstream answers for every name', async () => {
  const { url, requests } = await server('openai-text.sse')
  const { models, upstream, mapped } = await open({ upstream: { url, key: 'sk-1' } })
  expect(upstream).toMatchObject({ kind: 'configured', url })
  expect(mapped).toEqual([])
  expect(models.accepts('anything')).toBe(true)
  expect((await readReply(models.stream(modelRequest({ model: 'anything' }), { signal }))).text).toBe('Grüezi 👋!')
  expect(requests[0]?.headers.authorization).toBe('Bearer sk-1')
})

test('the models file goes first, and nothing is looked for beside it', async () => {
  const { url, requests } = await server('openai-text.sse')
  const modelsFile = await write(
    'models.yaml',
    `
upstreams: { box: { url: '${url}', key_env: BOX_KEY, token_limit_field: max_tokens } }
models:
  gpt-4o: { upstream: box, model: 'qwen3:32b', context_window: 4096 }
  test-*: scripted
`,
  )
  const opened = await open({ modelsFile, openaiApiKey: 'sk-unused' }, { BOX_KEY: 'sk-box' })
  const { models, upstream, mapped } = opened
  expect(upstream).toBeNull()
  expect(mapped).toEqual(['gpt-4o', 'test-*'])
  expect([models.accepts('gpt-4o'), models.accepts('test-1'), models.accepts('o3')]).toEqual([true, true, false])
  expect([models.contextWindow('gpt-4o'), models.contextWindow('test-1')]).toEqual([4096, null])
  await readReply(models.stream(modelRequest({ max_completion_tokens: 7 }), { signal }))
  expect(JSON.parse(requests[0]?.body ?? '')).toMatchObject({ model: 'qwen3:32b', max_tokens: 7 })
  expect(requests[0]?.headers.authorization).toBe('Bearer sk-box')
  expect((await readReply(models.stream(modelRequest({ model: 'test-1' }), { signal }))).text).toMatch(
    /^Hello!|^You said/,
  )
})

test('a script is used instead of a key', async () => {
  const scriptFile = await write('script.yaml', 'rules: [{ reply: by the script }]')
  const { models, upstream } = await open({ scriptFile, openaiApiKey: 'sk-unused' })
  expect(upstream).toMatchObject({ kind: 'scripted' })
  expect((await readReply(models.stream(modelRequest(), { signal }))).text).toBe('by the script')
})

test('a broken script stops the opening', async () => {
  const scriptFile = await write('script.yaml', 'rules: 7')
  await expect(open({ scriptFile })).rejects.toThrow(/script\.yaml:1: rules: /)
})
