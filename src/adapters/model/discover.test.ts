import { afterEach, expect, test } from 'vitest'
import { startUpstream, type UpstreamReply } from '../../../test/support/loopback-upstream.ts'
import { type DiscoverOptions, discoverUpstream, type LocalServer } from './discover.ts'

const closing: (() => PromiseLike<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const signal = new AbortController().signal
const list = (id: string) => ({ status: 200, body: { object: 'list', data: [{ id, object: 'model' }] } })

/** Servers that answer so, taken for the first kinds in order. */
async function servers(...replies: UpstreamReply[]): Promise<LocalServer[]> {
  const kinds = ['ollama', 'lm-studio', 'llama.cpp', 'vllm'] as const
  return Promise.all(
    replies.map(async (reply, index) => {
      const server = await startUpstream(reply)
      closing.push(() => server[Symbol.asyncDispose]())
      const kind = kinds[index] ?? 'vllm'
      return { kind, name: kind, port: Number(new URL(server.url).port) }
    }),
  )
}

function discover(options: Partial<DiscoverOptions>) {
  return discoverUpstream({
    upstream: undefined,
    openaiApiKey: undefined,
    scripted: false,
    signal,
    servers: [],
    probeTimeout: 2000,
    ...options,
  })
}

const upstream = { url: 'http://box:8000/v1', key: 'sk-box' }

test('what is configured goes before what is found', async () => {
  const found = await servers(list('llama3.2:3b'))
  const all = { upstream, scripted: true, openaiApiKey: 'sk-openai', servers: found }
  expect(await discover(all)).toMatchObject({ kind: 'configured', url: upstream.url, key: 'sk-box' })
  expect(await discover({ ...all, upstream: undefined })).toMatchObject({ kind: 'scripted', url: null })
  expect(await discover({ ...all, upstream: undefined, scripted: false })).toMatchObject({
    kind: 'openai',
    url: 'https://api.openai.com/v1',
    key: 'sk-openai',
  })
  const [{ port } = { port: 0 }] = found
  expect(await discover({ servers: found })).toEqual({
    kind: 'ollama',
    label: `ollama at http://127.0.0.1:${port}/v1`,
    url: `http://127.0.0.1:${port}/v1`,
    key: null,
    models: ['llama3.2:3b'],
  })
})

test('the first server that has models is taken', async () => {
  const found = await servers(
    { status: 200, body: { object: 'list', data: null } },
    { status: 404, body: '<html>' },
    list('qwen3-8b'),
    list('other'),
  )
  expect(await discover({ servers: found })).toMatchObject({ kind: 'llama.cpp', models: ['qwen3-8b'] })
})

test('what is silent, gone, something else, or another Reprise is passed over', async () => {
  const gone = await startUpstream()
  await gone[Symbol.asyncDispose]()
  const found = await servers(
    { hang: 'before head' },
    { status: 200, body: 'Welcome', headers: { 'content-type': 'text/html' } },
    { ...list('gpt-4o'), headers: { 'x-request-id': 'req_0123456789abcdef' } },
  )
  const unused: LocalServer = { kind: 'vllm', name: 'vLLM', port: Number(new URL(gone.url).port) }
  expect(await discover({ servers: [...found, unused], probeTimeout: 200 })).toMatchObject({ kind: 'scripted' })
})
