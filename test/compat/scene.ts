import type OpenAI from 'openai'
import { FakeModel, type FakeTurn } from '../support/fake-model.ts'
import { FakeSandbox } from '../support/fake-sandbox.ts'
import { startServer } from '../support/start-server.ts'
import type { ClientMajor } from './clients.ts'

/** A server of its own, one client that talks to it, and the model that answers. */
export interface Scene extends AsyncDisposable {
  readonly client: OpenAI
  readonly baseURL: string
  readonly model: FakeModel
}

export async function openScene(
  { open }: ClientMajor,
  turns: readonly FakeTurn[] = [],
  env: Record<string, string> = {},
): Promise<Scene> {
  const model = new FakeModel(turns)
  const server = await startServer({ model, sandbox: new FakeSandbox(), env })
  const client = open({ baseURL: server.baseURL, apiKey: 'sk-compat' })
  return { client, baseURL: server.baseURL, model, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

/** The functions that the scenes' assistant offers. */
export const weatherTools: OpenAI.Beta.AssistantTool[] = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'The weather in a city.',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
  { type: 'function', function: { name: 'get_time' } },
]

/** What every run needs: an assistant with the functions, and a thread with one question. */
export async function openConversation(
  client: OpenAI,
  { code = false }: { code?: boolean | undefined } = {},
): Promise<{ assistant_id: string; thread_id: string }> {
  const assistant = await client.beta.assistants.create({
    model: 'gpt-4o',
    name: 'Forecaster',
    instructions: 'Answer briefly.',
    tools: code ? [...weatherTools, { type: 'code_interpreter' }] : weatherTools,
  })
  const thread = await client.beta.threads.create({
    messages: [{ role: 'user', content: 'What is the weather in Bern?' }],
  })
  return { assistant_id: assistant.id, thread_id: thread.id }
}

/** One output for every call that the run waits for, in any order. */
export function outputsFor(
  { required_action }: Pick<OpenAI.Beta.Threads.Run, 'required_action'>,
  output = 'sunny',
): { tool_call_id: string; output: string }[] {
  const calls = required_action?.submit_tool_outputs.tool_calls ?? []
  return calls.map((call) => ({ tool_call_id: call.id, output: `${call.function.name}: ${output}` })).reverse()
}
