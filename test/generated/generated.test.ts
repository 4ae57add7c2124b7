import { beforeAll, describe, expect, test } from 'vitest'
import { ensureRubyClientTools } from '../../scripts/ensure-ruby-client-tools.ts'
import { ModelFailure } from '../../src/ports/model.ts'
import { FakeModel } from '../support/fake-model.ts'
import { at, isObject, type Json, type JsonObject, json } from '../support/json.ts'
import { startServer } from '../support/start-server.ts'
import { trials } from './alterations.ts'
import { startAlteringProxy } from './altering-proxy.ts'
import { type Call, playScene, type Report } from './play-scene.ts'
import { publishedDocument, unpublishedKeys } from './published-document.ts'
import { makeRubyClient } from './ruby-client.ts'

const tools = await ensureRubyClientTools()

interface Dialect {
  readonly name: string
  /** What the client is made of, from the text of our document. */
  document(ours: string): string
  /** Keys that the client does not know, by model. */
  readonly unknown: Readonly<Record<string, readonly string[]>>
}
const asItIs: Dialect = { name: 'as it is', document: (ours) => ours, unknown: {} }
const published: Dialect = { name: 'made strict', document: publishedDocument, unknown: unpublishedKeys }

describe.skipIf('missing' in tools).for([asItIs, published])('a Ruby client of /openapi.json $name', (dialect) => {
  let report: Report
  let replies: ReadonlyMap<string, Json>
  let operations: string[]

  beforeAll(async () => {
    if ('missing' in tools) return
    const model = new FakeModel(answer, { models: ['caller'] })
    await using server = await startServer({ model, env: { REPRISE_EMPTY_LIST_IDS: 'empty' } })
    await using hasty = await startServer({ model, env: { REPRISE_RUN_EXPIRES_AFTER: '2' } })
    await using proxy = await startAlteringProxy(
      server.baseURL,
      mapValues(trials, ({ alter }) => alter),
    )
    await using hastyProxy = await startAlteringProxy(hasty.baseURL)
    const document = await fetch(new URL('/openapi.json', server.baseURL)).then((reply) => reply.text())
    operations = operationsOf(json.parse(JSON.parse(document)))
    const library = await makeRubyClient(dialect.document(document), tools)
    report = await playScene(tools.ruby, library, {
      server: proxy.url,
      hasty: hastyProxy.url,
      alterations: mapValues(trials, ({ about }) => about),
    })
    replies = new Map([...proxy.replies, ...hastyProxy.replies])
  }, 120_000)

  test('every operation is called', () => {
    const passedThrough = ['createChatCompletion', 'createEmbedding'] // what comes back there is the upstream's
    const refused = ['deleteModel']
    const called = new Set(report.calls.map(({ operation }) => camelCase(operation)))
    expect(operations.filter((name) => !called.has(name))).toEqual([...refused, ...passedThrough])
  })

  test('every reply decodes, and nothing of it is lost', () => {
    for (const call of [...report.calls, ...report.hasty]) {
      if (call.operation === 'download_file') expect(call.decoded).toBe('not really an image')
      else expect({ ...call, decoded: told(call.decoded) }).toEqual({ ...call, decoded: told(replyTo(call)) })
    }
  })

  test('run steps of both types and all five statuses were among them', () => {
    const steps = decodedTo('RunStepObject')
    const seen = (key: string) => [...new Set(steps.map((step) => at(step, key)))].sort()
    expect(seen('status')).toEqual(['cancelled', 'completed', 'expired', 'failed', 'in_progress'])
    expect(seen('type')).toEqual(['message_creation', 'tool_calls'])
  })

  test('runs that ended in every way were among them', () => {
    const statuses = new Set(decodedTo('RunObject').map((run) => at(run, 'status')))
    for (const status of ['queued', 'requires_action', 'completed', 'failed', 'incomplete', 'cancelled', 'expired']) {
      expect(statuses).toContain(status)
    }
  })

  test('errors decode', () => {
    expect(report.no_assistant).toMatchObject({ status: 404, error: { error: { type: 'invalid_request_error' } } })
    expect(report.no_model).toMatchObject({ status: 404, error: { error: { code: 'model_not_found' } } })
  })

  if (dialect === published) {
    test('an empty page needs REPRISE_EMPTY_LIST_IDS=empty', () => {
      expect(report.no_ids).toEqual({ raised: expect.stringContaining('first_id cannot be nil') })
    })

    test.for(Object.entries(trials))('control: %s', ([name, { raises, keeps, kept }]) => {
      const outcome = report.altered[name]
      if (raises) expect(outcome).toEqual({ raised: expect.stringMatching(raises) })
      else expect(outcome).toHaveProperty('decoded')
      if (keeps && outcome && 'decoded' in outcome) expect(keeps(outcome.decoded)).toEqual(kept)
    })
  }

  function decodedTo(model: string): Json[] {
    const calls = [...report.calls, ...report.hasty].filter(({ type }) => type === `OpenApiOpenAIClient::${model}`)
    return calls.map(({ decoded }) => decoded)
  }

  function replyTo(call: Call): Json {
    const reply = replies.get(call.request_id)
    if (reply === undefined) throw new Error(`no reply was kept for ${call.operation}`)
    return reply
  }

  /** What a reply tells a client of this dialect; nulls are left out, since the client leaves most of them out. */
  function told(value: Json): Json {
    if (Array.isArray(value)) return value.map(told)
    if (!isObject(value)) return value
    const unknown = dialect.unknown[modelOf(value)] ?? []
    const known = Object.entries(value).filter(([key, each]) => each !== null && !unknown.includes(key))
    return Object.fromEntries(known.map(([key, each]): [string, Json] => [key, told(each)]))
  }
})

/** `caller` talks and calls twice, then talks; the others stumble in the middle or run out of tokens. */
const answer: ConstructorParameters<typeof FakeModel>[0] = ({ model, messages }) => {
  if (model === 'failing') return ['Half a', new ModelFailure('server_error', 'The model stumbled.')]
  if (model === 'cut') return ['On and on', { type: 'finish', reason: 'length' }]
  if (messages.some(({ role }) => role === 'tool')) return 'Wear a hat.'
  const call = (city: string) => ({ call: 'get_weather', arguments: { city } })
  return ['Let me look.', call('Bern'), call('Oslo')]
}

/** The name in the document of what this is, as far as the dialects differ in it. */
function modelOf(value: JsonObject): string {
  if ('total_tokens' in value) return 'RunCompletionUsage'
  const names: Record<string, string> = {
    assistant: 'AssistantObject',
    'thread.run': 'RunObject',
    'thread.run.step': 'RunStepObject',
  }
  return names[String(value.object)] ?? ''
}

function operationsOf(document: Json): string[] {
  const membersOf = (value: Json | undefined) => (isObject(value) ? Object.values(value) : [])
  const methods = membersOf(at(document, 'paths')).flatMap(membersOf)
  return methods.flatMap((operation) => at(operation, 'operationId')).filter((id) => typeof id === 'string')
}

function camelCase(operation: string): string {
  return operation.replaceAll(/_(\w)/g, (_, letter) => letter.toUpperCase())
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}
