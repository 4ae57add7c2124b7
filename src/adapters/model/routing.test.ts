import { describe, expect, test } from 'vitest'
import { FakeModel } from '../../../test/support/fake-model.ts'
import { modelRequest, readReply } from '../../../test/support/model-requests.ts'
import { createRouting, type Route } from './routing.ts'
import type { Upstream } from './upstream.ts'

const signal = new AbortController().signal

interface Fake {
  model: FakeModel
  forwarded: string[]
  closed: number
  upstream: Upstream
}

function fakeUpstream(label: string, models: string[] | Error): Fake {
  const model = new FakeModel(({ model: name }) => `${label} as ${name}`, {
    models: models instanceof Error ? [] : models,
  })
  const fake: Fake = {
    model,
    forwarded: [],
    closed: 0,
    upstream: {
      label,
      stream: (request, options) => model.stream(request, options),
      list: async () => {
        if (models instanceof Error) throw models
        return model.list()
      },
      forward: async (_, { body }) => {
        fake.forwarded.push(body)
        return new Response('ok')
      },
      close: async () => {
        fake.closed += 1
      },
    },
  }
  return fake
}

function open() {
  const logged: object[] = []
  const log = (fields: object) => logged.push(fields)
  const box = fakeUpstream('box', ['qwen3:32b', 'gpt-4-local'])
  const cloud = fakeUpstream('cloud', ['o3', 'gpt-4-cloud'])
  const down = fakeUpstream('down', new Error('not there'))
  const route = (
    pattern: string,
    { upstream }: Fake,
    model: string | null = null,
    contextWindow: number | null = null,
  ) => ({ pattern, upstream, model, contextWindow }) satisfies Route
  const routes = [
    route('*', cloud),
    route('gpt-4*', box, 'llama3.2:3b', 8192),
    route('gpt-4o', box, 'qwen3:32b', 32768),
    route('gpt-4-local', box),
    route('down-*', down),
  ]
  const models = createRouting({
    routes,
    log: { debug: log, info: log, warn: log, error: log },
    created: 1_760_000_000,
    listTimeout: 1000,
  })
  return { models, routes, logged, box, cloud, down }
}

test.each([
  ['gpt-4o', 'box as qwen3:32b', 32768],
  ['gpt-4o-mini', 'box as llama3.2:3b', 8192],
  ['gpt-4-local', 'box as gpt-4-local', null],
  ['gpt-4', 'box as llama3.2:3b', 8192],
  ['gpt-3', 'cloud as gpt-3', null],
  ['o.3', 'cloud as o.3', null],
])('%s goes by its name, else by the longest wildcard', async (model, text, window) => {
  const { models } = open()
  expect((await readReply(models.stream(modelRequest({ model }), { signal }))).text).toBe(text)
  expect(models.contextWindow(model)).toBe(window)
  expect(models.accepts(model)).toBe(true)
})

describe('without a wildcard for all', () => {
  function narrow() {
    const { routes } = open()
    const log = () => {}
    const rest = routes.filter(({ pattern }) => pattern !== '*')
    return createRouting({
      routes: rest,
      log: { debug: log, info: log, warn: log, error: log },
      created: 0,
      listTimeout: 1000,
    })
  }

  test('other names are not accepted', async () => {
    const models = narrow()
    expect(models.accepts('o3')).toBe(false)
    await expect(readReply(models.stream(modelRequest({ model: 'o3' }), { signal }))).rejects.toMatchObject({
      code: 'server_error',
      message: expect.stringContaining("No upstream is configured for the model 'o3'"),
    })
    const request = { body: '{"model":"o3"}', headers: new Headers(), signal }
    await expect(models.forward('/embeddings', request)).rejects.toMatchObject({ status: 404, code: 'model_not_found' })
  })
})

test('the list has the names of our own and what upstreams offer under their names', async () => {
  const { models, logged } = open()
  expect(await models.list({ signal })).toEqual([
    { id: 'o3', created: 1_700_000_000, owned_by: 'fake' },
    { id: 'gpt-4o', created: 1_760_000_000, owned_by: 'box' },
    { id: 'gpt-4-local', created: 1_760_000_000, owned_by: 'box' },
  ])
  expect(logged).toEqual([{ upstream: 'down', reason: 'not there' }])
})

test('a request is passed on under the other name, and untouched where the name stays', async () => {
  const { models, box, cloud } = open()
  const forward = (body: string) => models.forward('/chat/completions', { body, headers: new Headers(), signal })
  await forward('{"model": "o3",  "seed": 1.0}')
  expect(cloud.forwarded).toEqual(['{"model": "o3",  "seed": 1.0}'])
  await forward('{"seed": 1, "model": "gpt-4o", "messages": []}')
  expect(JSON.parse(box.forwarded[0] ?? '')).toEqual({ seed: 1, model: 'qwen3:32b', messages: [] })
})

test.each([
  ['{', 'We could not parse the JSON body'],
  ['{}', 'you must provide a model parameter'],
  ['[]', 'you must provide a model parameter'],
])('the body %s is refused', async (body, message) => {
  const { models } = open()
  const request = { body, headers: new Headers(), signal }
  await expect(models.forward('/embeddings', request)).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining(message),
  })
})

test('each upstream is closed once', async () => {
  const { models, box, cloud } = open()
  await models.close()
  expect([box.closed, cloud.closed]).toEqual([1, 1])
})
