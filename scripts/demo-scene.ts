import { styleText } from 'node:util'
import OpenAI from 'openai'
import type { AssistantStream } from 'openai/lib/AssistantStream'
import type { AssistantTool } from 'openai/resources/beta/assistants'
import type { Run } from 'openai/resources/beta/threads/runs/runs'
import { stepTable, stopwatch } from './demo-steps.ts'

const getWeather: AssistantTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather in a city, now.',
    parameters: { type: 'object', properties: { location: { type: 'string' } }, required: ['location'] },
  },
}

const weather: Record<string, string> = { Lucerne: 'sunny, 24 degrees', Bergen: 'rain, 11 degrees' }

/** Plays a conversation through the official client and prints it as it comes, then the steps of its runs. */
export async function playScene(baseURL: string): Promise<void> {
  const { assistants, threads } = new OpenAI({ baseURL, apiKey: 'any' }).beta
  const clock = stopwatch()

  const assistant = await assistants.create({ model: 'gpt-4o', name: 'Ada', tools: [getWeather] })
  const thread = await threads.create()
  const runs: Run[] = []
  for (const question of ['Hello!', 'What is the weather in Lucerne and in Bergen?']) {
    print(`\n${styleText('bold', 'You')}  ${question}\n`)
    await threads.messages.create(thread.id, { role: 'user', content: question })
    let run = await watch(threads.runs.stream(thread.id, { assistant_id: assistant.id }))
    while (run.status === 'requires_action') {
      const answers = { thread_id: thread.id, tool_outputs: callFunctions(run) }
      run = await watch(threads.runs.submitToolOutputsStream(run.id, answers))
    }
    runs.push(run)
  }

  const steps = await Promise.all(
    runs.map(({ id }) => threads.runs.steps.list(id, { thread_id: thread.id, order: 'asc' })),
  )
  print(`\nThe steps of the two runs, as GET /v1/threads/{thread_id}/runs/{run_id}/steps has them:\n\n`)
  print(
    stepTable(
      steps.flatMap((page) => page.data),
      clock,
    ),
  )

  async function watch(stream: AssistantStream): Promise<Run> {
    stream.on('event', clock.note)
    stream.on('textCreated', () => print(`${styleText('bold', 'Ada')}  `))
    stream.on('textDelta', ({ value }) => print(value ?? ''))
    stream.on('textDone', () => print('\n'))
    return stream.finalRun()
  }
}

/** What a program does when a run asks for its functions. */
function callFunctions(run: Run): { tool_call_id: string; output: string }[] {
  const calls = run.required_action?.submit_tool_outputs.tool_calls ?? []
  return calls.map((call) => {
    const { location }: { location: string } = JSON.parse(call.function.arguments)
    const output = weather[location] ?? 'unknown'
    print(styleText('dim', `     ${call.function.name}(${location}) = ${output}\n`))
    return { tool_call_id: call.id, output: `${location}: ${output}` }
  })
}

function print(text: string): void {
  process.stdout.write(text)
}
