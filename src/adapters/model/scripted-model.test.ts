import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { modelRequest, readReply, userMessage } from '../../../test/support/model-requests.ts'
import type { ModelMessage, ModelPart, ModelRequest, ModelTool } from '../../ports/model.ts'
import { defaultScript } from './default-script.ts'
import { parseScript } from './script-file.ts'
import { tokensOf } from './script-reply.ts'
import { createScriptedModel } from './scripted-model.ts'
import type { Upstream } from './upstream.ts'

function scripted(text: string) {
  const waits: number[] = []
  const sleep = async (wait: number, signal: AbortSignal) => {
    signal.throwIfAborted()
    waits.push(wait)
  }
  const script = parseScript(text, 'script.yaml')
  return { model: createScriptedModel({ script, idleTimeout: 120_000, sleep, now: () => 1_760_000_000 }), waits }
}

function ask({ stream }: Upstream, change: Partial<ModelRequest> | string = {}, signal = new AbortController().signal) {
  const request = typeof change === 'string' ? { messages: [userMessage(change)] } : change
  return stream(modelRequest(request), { signal })
}

async function textOf(upstream: Upstream, change: Partial<ModelRequest> | string): Promise<string> {
  return (await readReply(ask(upstream, change))).text
}

const weather: ModelTool = {
  name: 'get_weather',
  parameters: { type: 'object', properties: { location: { type: 'string' } }, required: ['location'] },
  strict: false,
}

/** A user message, the model's calls and what they gave. */
function afterTools(user: string, ...outputs: string[]): ModelMessage[] {
  const tool_calls = outputs.map((_, index) => ({ id: `call_${index}`, name: 'get_weather', arguments: '{}' }))
  const answers = outputs.map((text, index) => ({ role: 'tool' as const, tool_call_id: `call_${index}`, text }))
  return [userMessage(user), { role: 'assistant', text: null, tool_calls }, ...answers]
}

describe('rules', () => {
  test('are tried in order, and the first that fits answers', async () => {
    const { model } = scripted(String.raw`
rules:
  - { match: { user_message: { is: 'hi' } }, reply: exact }
  - { match: /^(\w+) is my (?<thing>\w+)/, reply: '$1, your {{thing}} ($2, {{nothing}})' }
  - { match: { user_message: other, model: 'gpt-4*' }, reply: four }
  - { match: OTHER, reply: not four }
  - { reply: fallback }
`)
    expect(await textOf(model, 'hi')).toBe('exact')
    expect(await textOf(model, 'Rex is my dog')).toBe('Rex, your dog (dog, {{nothing}})')
    expect(await textOf(model, { messages: [userMessage('Another')], model: 'gpt-4o' })).toBe('four')
    expect(await textOf(model, { messages: [userMessage('Another')], model: 'o3' })).toBe('not four')
    expect(await textOf(model, 'hi!')).toBe('fallback')
  })

  test('are used as often as they say', async () => {
    const { model } = scripted('rules: [{ times: 2, reply: early }, { reply: late }]')
    const texts = [await textOf(model, 'a'), await textOf(model, 'b'), await textOf(model, 'c')]
    expect(texts).toEqual(['early', 'early', 'late'])
  })

  test('about the user leave the reply to tool outputs to others', async () => {
    const { model } = scripted(`
rules:
  - { match: weather, reply: { tool_calls: [{ name: get_weather, arguments: { location: Bern } }] } }
  - { match: { tool_output: /(\\d+) degrees/ }, reply: '{{turn}}: $1, of {{tool_outputs}}' }
`)
    expect((await readReply(ask(model, 'weather?'))).calls).toEqual([
      { id: null, name: 'get_weather', arguments: '{"location":"Bern"}' },
    ])
    expect(await textOf(model, { messages: afterTools('weather?', 'rain', '20 degrees') })).toBe(
      '2: 20, of rain\n20 degrees',
    )
  })

  test('that none fits end in a failure that says so', async () => {
    const { model } = scripted('rules: [{ match: hi, reply: ho }]')
    await expect(readReply(ask(model, 'Good day'))).rejects.toMatchObject({
      code: 'server_error',
      message: 'No rule of the script fits. The last user message is: Good day',
    })
  })
})

describe('replies', () => {
  test('come in tokens, each after the delay', async () => {
    const { model, waits } = scripted('rules: [{ reply: { text: "One  two,\\nthree ", delay_ms: 20 } }]')
    const parts: ModelPart[] = []
    for await (const part of ask(model)) parts.push(part)
    expect(parts.flatMap((part) => (part.type === 'text-delta' ? [part.text] : []))).toEqual([
      'One',
      '  two,',
      '\nthree ',
    ])
    expect(waits).toEqual([20, 20, 20])
  })

  test('have usage and a finish reason of their own, or estimates', async () => {
    const { model } = scripted(`
rules:
  - match: own
    reply: { text: a b, usage: { prompt_tokens: 100, completion_tokens: 7, cached_tokens: 64 }, finish_reason: content_filter }
  - { match: none, reply: { text: a b, usage: none } }
  - { reply: a b c }
`)
    expect(await readReply(ask(model, 'own'))).toMatchObject({ usage: [100, 7, 107, 64, 0], finish: 'content_filter' })
    expect(await readReply(ask(model, 'none'))).toMatchObject({ usage: null, finish: 'stop' })
    expect(await readReply(ask(model, 'twelve chars'))).toMatchObject({ usage: [3, 3, 6, 0, 0] })
  })

  test('are repeated, and cut by the token limit of the request', async () => {
    const { model } = scripted('rules: [{ reply: { text: "word ", repeat: 2000 } }]')
    expect(await readReply(ask(model))).toMatchObject({ text: 'word '.repeat(2000), finish: 'stop' })
    const limited = await readReply(ask(model, { max_completion_tokens: 1500 }))
    expect(limited).toMatchObject({ text: 'word '.repeat(1500), finish: 'length' })
  })

  test('hold one call only where parallel calls are not wanted', async () => {
    const { model } = scripted('rules: [{ reply: { tool_calls: [{ name: a, arguments: "{broken" }, { name: b }] } }]')
    const a = { id: null, name: 'a', arguments: '{broken' }
    const b = { id: null, name: 'b', arguments: '{}' }
    expect(await readReply(ask(model))).toMatchObject({ calls: [a, b], finish: 'tool_calls' })
    expect((await readReply(ask(model, { parallel_tool_calls: false }))).calls).toEqual([a])
  })

  test('make arguments from the parameters of the function', async () => {
    const { model } = scripted('rules: [{ match: /for (\\w+)/, reply: { tool_calls: [{ name: "{{tool}}" }] } }]')
    const properties = {
      name: { type: 'string' },
      unit: { type: ['null', 'string'], enum: ['kg', 'g'] },
      count: { type: 'integer', minimum: 3 },
      sure: { type: 'boolean' },
      tags: { type: 'array', items: { type: 'string' } },
      where: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      left_out: { type: 'string' },
    }
    const required = ['name', 'unit', 'count', 'sure', 'tags', 'where']
    const tools = [{ name: 'order', parameters: { type: 'object', properties, required }, strict: false }]
    const { calls } = await readReply(ask(model, { tools, messages: [userMessage('An order for Ann')] }))
    expect(JSON.parse(calls[0]?.arguments ?? '')).toEqual({
      name: 'Ann',
      unit: 'kg',
      count: 3,
      sure: true,
      tags: ['tags'],
      where: { city: 'city' },
    })
  })
})

describe('failures', () => {
  test.each([
    ['{ status: 429 }', 'rate_limit_exceeded', 'status 429'],
    ['{ status: 500, message: Out of order }', 'server_error', 'Out of order'],
    ['{ status: 400, code: context_length_exceeded, message: Too long }', 'context_length_exceeded', 'Too long'],
    ['{ status: 400, message: Not nice }', 'invalid_prompt', 'Not nice'],
    ['{ cut_after: 2 }', 'server_error', "The model's reply was cut short. The scripted model"],
    ['{ malformed_after: 2 }', 'server_error', 'not JSON'],
    ['{ hang_after: 2 }', 'server_error', 'said nothing for 120 seconds'],
  ])('%s', async (failure, code, message) => {
    const { model } = scripted(`rules: [{ reply: { text: a b c d, failure: ${failure} } }]`)
    const tokens: ModelPart[] = []
    const failed = (async () => {
      for await (const part of ask(model)) tokens.push(part)
    })()
    await expect(failed).rejects.toMatchObject({
      name: 'ModelFailure',
      code,
      message: expect.stringContaining(message),
    })
    expect(tokens).toHaveLength(failure.includes('status') ? 0 : 2)
  })

  test('a hang ends with the abort', async () => {
    const script = parseScript('rules: [{ reply: { failure: { hang_after: 0 } } }]', 'script.yaml')
    const sleep = (_: number, signal: AbortSignal) =>
      new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const model = createScriptedModel({ script, idleTimeout: 1000, sleep, now: () => 0 })
    const controller = new AbortController()
    const reply = readReply(ask(model, {}, controller.signal))
    controller.abort(new Error('cancelled'))
    await expect(reply).rejects.toThrow('cancelled')
  })

  test('a reply without an end is aborted', async () => {
    const { model } = scripted('rules: [{ reply: { text: "on ", repeat: 1000000 } }]')
    const controller = new AbortController()
    const reply = readReply(ask(model, {}, controller.signal))
    setImmediate(() => controller.abort(new Error('cancelled')))
    await expect(reply).rejects.toThrow('cancelled')
  })
})

describe('the default script', () => {
  const { model } = scripted(defaultScript)
  const tools = [weather]

  test('greets', async () => {
    expect(await textOf(model, 'Hello!')).toMatch(/^Hello! I am the scripted model/)
  })

  test.each(['What is the weather in Bern?', "What's the weather like today in Bern?", 'weather for Bern'])(
    'asks for the weather: %s',
    async (question) => {
      const { calls } = await readReply(ask(model, { tools, messages: [userMessage(question)] }))
      expect(calls).toEqual([{ id: null, name: 'get_weather', arguments: '{"location":"Bern"}' }])
    },
  )

  test('asks for two places at once', async () => {
    const messages = [userMessage('What is the weather in Bern and in St. Gallen?'.replace('St. ', 'Sankt '))]
    const { calls } = await readReply(ask(model, { tools, messages }))
    expect(calls.map((call) => call.arguments)).toEqual(['{"location":"Bern"}', '{"location":"Sankt Gallen"}'])
  })

  test('answers from the tool outputs', async () => {
    const messages = afterTools('What is the weather in Bern?', '20 degrees', '10 degrees')
    expect(await textOf(model, { tools, messages })).toBe('Here is what I found out:\n20 degrees\n10 degrees')
  })

  test('calls a function that is named, or the one that has to be called', async () => {
    const lookUp = { name: 'look_up_order', parameters: {}, strict: false }
    const both = { tools: [weather, lookUp] }
    const named = await readReply(ask(model, { ...both, messages: [userMessage('Please look up order 7')] }))
    expect(named.calls).toMatchObject([{ name: 'look_up_order' }])
    const forced = await readReply(ask(model, { ...both, tool_choice: { function: 'look_up_order' } }))
    expect(forced.calls).toMatchObject([{ name: 'look_up_order' }])
    expect((await readReply(ask(model, { ...both, tool_choice: 'none' }))).calls).toEqual([])
  })

  test('has something to say to everything else', async () => {
    expect(await textOf(model, 'Why?')).toMatch(/^You said: Why\?/)
    expect((await textOf(model, 'Tell me a long story')).split(' ').length).toBeGreaterThan(200)
    expect(await textOf(model, 'weather?')).toMatch(/^You said/)
  })
})

describe('errors in a script say where', () => {
  test.each([
    ['rules: []', 'script.yaml:1: rules: Too small'],
    ['rules:\n  - reply: hi\n    macth: hi', 'script.yaml:3: rules[0].macth: Unrecognized key'],
    ['rules:\n  - match: /(/\n    reply: hi', 'script.yaml:2: rules[0].match.user_message: Invalid regular expression'],
    [
      'rules:\n  - reply:\n      text: hi\n      failure: { status: 200 }',
      'script.yaml:4: rules[0].reply.failure.status: Too small',
    ],
    [
      'rules:\n  - reply:\n      failure: { cut_after: 1, hang_after: 2 }',
      'script.yaml:3: rules[0].reply.failure: needs exactly one of',
    ],
    ['rules:\n  - reply:\n      usage: lots', "script.yaml:3: rules[0].reply.usage: must be 'none'"],
    ['rules:\n\t- reply', 'script.yaml:2: '],
    ['- hi', 'script.yaml: Invalid input: expected object'],
  ])('%j', (text, message) => {
    expect(() => parseScript(text, 'script.yaml')).toThrow(message)
  })
})

test('tokens put together are the text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'ß', ' ', '\n', '.') }),
      (text) => tokensOf(text).join('') === text,
    ),
  )
})
