import { AgentExecutor } from '@langchain/classic/agents'
import { OpenAIAssistantRunnable } from '@langchain/classic/experimental/openai_assistant'
import { DynamicStructuredTool } from '@langchain/classic/tools'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { FakeModel, type FakeTurn } from '../support/fake-model.ts'
import { startServer } from '../support/start-server.ts'

const cities = z.object({ city: z.string().describe('Where') })
const tools = [
  new DynamicStructuredTool({
    name: 'get_weather',
    description: 'The weather in a city.',
    schema: cities,
    func: async ({ city }) => `sunny in ${city}`,
  }),
]
const askBoth: FakeTurn = [
  { call: 'get_weather', arguments: { city: 'Bern' } },
  { call: 'get_weather', arguments: { city: 'Basel' } },
]
const definition = { model: 'gpt-4o', name: 'Forecaster', instructions: 'Answer briefly.', tools }

async function openServer(turns: readonly FakeTurn[]) {
  const model = new FakeModel(turns)
  const { baseURL, ...server } = await startServer({ model })
  return { model, ...server, clientOptions: { baseURL, apiKey: 'sk-compat' } }
}

/** The runnable as its users make it, but asking more often than once a second how its run is. */
async function createAssistant<AsAgent extends boolean>(clientOptions: object, asAgent: AsAgent) {
  const assistant = await OpenAIAssistantRunnable.createAssistant({ ...definition, clientOptions, asAgent })
  assistant.pollIntervalMs = 20
  return assistant
}

test('an assistant: created, asked on a new thread and again on the same, changed, deleted', async () => {
  await using server = await openServer(['Sunny.', 'Still sunny.'])
  const assistant = await createAssistant(server.clientOptions, false)
  expect(await assistant.getAssistant()).toMatchObject({
    name: 'Forecaster',
    tools: [{ type: 'function', function: { name: 'get_weather', parameters: { required: ['city'] } } }],
  })
  const [first] = await assistant.invoke({ content: 'What is the weather in Bern?' })
  expect(first).toMatchObject({ role: 'assistant', content: [{ type: 'text', text: { value: 'Sunny.' } }] })
  const [second] = await assistant.invoke({ content: 'And now?', threadId: first.thread_id })
  expect(second).toMatchObject({ thread_id: first.thread_id, content: [{ text: { value: 'Still sunny.' } }] })
  expect(server.model.requests[1]?.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user'])

  expect(await assistant.modifyAssistant({ name: 'Oracle' })).toMatchObject({ name: 'Oracle', model: 'gpt-4o' })
  expect(await assistant.deleteAssistant()).toMatchObject({ id: assistant.assistantId, deleted: true })
})

test('calls are handed to whoever invoked the assistant, who hands back what came of them', async () => {
  await using server = await openServer([askBoth, 'Sunny in both.'])
  const assistant = await createAssistant(server.clientOptions, false)
  const { threads } = server.client.beta
  const { id: threadId } = await threads.create()
  const calls = await assistant.invoke({ content: 'What is the weather in Bern and Basel?', threadId })
  expect(calls.map((call) => call.function)).toEqual([
    { name: 'get_weather', arguments: '{"city":"Bern"}' },
    { name: 'get_weather', arguments: '{"city":"Basel"}' },
  ])
  const [run] = (await threads.runs.list(threadId)).data
  const [answer] = await assistant.invoke({
    runId: run?.id,
    threadId,
    toolOutputs: calls.map((call) => ({ tool_call_id: call.id, output: 'sunny' })),
  })
  expect(answer).toMatchObject({ run_id: run?.id, content: [{ text: { value: 'Sunny in both.' } }] })
})

test('an agent: the executor calls the tools until there is an answer', async () => {
  await using server = await openServer([
    askBoth,
    { call: 'get_weather', arguments: { city: 'Chur' } },
    'Sunny all over.',
  ])
  const agent = await createAssistant(server.clientOptions, true)
  const executor = AgentExecutor.fromAgentAndTools({ agent, tools, returnIntermediateSteps: true })
  const response = await executor.invoke({ content: 'Where is it sunny?' })
  expect(response.output).toBe('Sunny all over.')
  expect(response.intermediateSteps.map((step: { observation: string }) => step.observation)).toEqual([
    'sunny in Bern',
    'sunny in Basel',
    'sunny in Chur',
  ])
  const told = server.model.requests.at(-1)?.messages.filter(({ role }) => role === 'tool')
  expect(told).toHaveLength(3)
})
