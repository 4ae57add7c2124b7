import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { modelRequest, readReply, userMessage } from '../../../test/support/model-requests.ts'
import type { ModelMessage, ModelTool } from '../../ports/model.ts'
import { parseScript } from './script-file.ts'
import { createScriptedModel } from './scripted-model.ts'

/** The scripts in the document, in order. */
const document = await readFile(new URL('../../../docs/scripted-model.md', import.meta.url), 'utf8')
const scripts = [...document.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text)

const getWeather: ModelTool = {
  name: 'get_weather',
  parameters: { type: 'object', properties: { location: { type: 'string' } }, required: ['location'] },
  strict: false,
}

function play(script: number) {
  const model = createScriptedModel({
    script: parseScript(scripts[script] ?? '', `script ${script}`),
    idleTimeout: 120_000,
    sleep: async () => {},
    now: () => 0,
  })
  return (user: string, outputs: string[] = []) => {
    const tool_calls = [{ id: 'call_1', name: 'get_weather', arguments: '{}' }]
    const called: ModelMessage[] = outputs.length > 0 ? [{ role: 'assistant', text: null, tool_calls }] : []
    const answers = outputs.map((text) => ({ role: 'tool' as const, tool_call_id: 'call_1', text }))
    const request = modelRequest({ tools: [getWeather], messages: [userMessage(user), ...called, ...answers] })
    return readReply(model.stream(request, { signal: new AbortController().signal }))
  }
}

describe('the examples in docs/scripted-model.md', () => {
  test('are the ones tested here', () => {
    expect(scripts).toHaveLength(6)
  })

  test('a first script', async () => {
    const ask = play(0)
    expect((await ask('I want a Refund')).text).toBe('A refund takes five days.')
    expect(await ask('Where is order 17?')).toMatchObject({
      text: 'Let me look that up.',
      calls: [{ name: 'get_order', arguments: '{"id":"17"}' }],
    })
    expect((await ask('Where is order 17?', ['it was shipped'])).text).toBe('Your order is on its way.')
    expect((await ask('Hm')).text).toBe('How can I help?')
  })

  test('times', async () => {
    const ask = play(1)
    expect([(await ask('hello')).text, (await ask('hello')).text]).toEqual(['Nice to meet you.', 'We have met.'])
  })

  test('replies', async () => {
    const ask = play(2)
    const forecast = await ask('forecast')
    expect(forecast.text).toBe('Rain, then sun. '.repeat(300))
    expect(forecast.usage).toEqual([1200, 1200, 2400, 1024, 0])
    expect(await ask('a story')).toMatchObject({ text: 'Once upon a', finish: 'length' })
    expect(await ask('a secret')).toMatchObject({ text: '', refusal: 'I cannot help with that.' })
  })

  test('calls', async () => {
    const ask = play(3)
    const locations = async (user: string) => (await ask(user)).calls.map((call) => call.arguments)
    expect(await locations('weather in Bern and Chur')).toEqual(['{"location":"Bern"}', '{"location":"Chur"}'])
    expect(await locations('weather in Bern')).toEqual(['{"location":"Bern"}'])
    expect(await locations('broken')).toEqual(['{"location": '])
    expect((await ask('weather in Bern', ['-3 degrees'])).text).toBe('It is -3 degrees.')
    expect((await ask('weather in Bern', ['fog', 'rain'])).text).toBe('The tool said: fog\nrain')
  })

  test.each([
    ['busy', 'rate_limit_exceeded', 'Please slow down.'],
    ['crash', 'server_error', 'HTTP 500'],
    ['cut', 'server_error', 'cut short'],
    ['nonsense', 'server_error', 'not JSON'],
    ['hang', 'server_error', 'said nothing'],
  ])('failures: %s', async (user, code, message) => {
    await expect(play(4)(user)).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
  })

  test('names', async () => {
    expect((await play(5)('anything')).text).toBe('Hello.')
  })
})
