import { startUpstream } from '../floors/floors.ts'
import { bendFinding, growthTable, measurePoint, type Point } from '../growth.ts'
import { closeLanes, type Lane, openLanes } from '../loader.ts'
import type { Bench, Outcome, Scenario } from '../scenario.ts'
import { modelOf } from '../script.ts'
import { createAssistant } from './run-on-thread.ts'
import { startRunner } from './speaker.ts'

export const growSteps: Scenario = {
  name: 'grow-steps',
  about: 'a run of 1 to 100 function calls, one after the other, each answered by the client',
  postgres: 'too',
  run,
}

const counts = [
  { size: 1, times: 60 },
  { size: 3, times: 40 },
  { size: 10, times: 20 },
  { size: 30, times: 8 },
  { size: 100, times: 4 },
]
const tools = [{ type: 'function', function: { name: 'step', parameters: { type: 'object', properties: {} } } }]

async function run(bench: Bench): Promise<Outcome> {
  await using upstream = await startUpstream()
  await using program = await startRunner(bench, upstream)
  const lanes = openLanes(program.origin, 1)
  const [lane] = lanes
  if (!lane) throw new Error('No connection')
  const points: Point[] = []
  for (const count of [{ size: 3, times: 30 }, ...counts]) {
    const model = modelOf({ tokens: 8, rate: 0, calling: count.size })
    const assistant = await createAssistant(program, { model, tools })
    points.push(
      await measurePoint({ program, database: bench.database }, count, () => runToEnd(lane, assistant, count.size)),
    )
  }
  await closeLanes(lanes)
  const measured = points.slice(1) // the first was for warming up
  return {
    findings: [bendFinding('run, per step', measured)],
    tables: [growthTable('a run', 'calls', measured)],
    problems: [],
  }
}

interface Waiting {
  id: string
  thread_id: string
  required_action: { submit_tool_outputs: { tool_calls: { id: string }[] } }
}

async function runToEnd(lane: Lane, assistant_id: string, calls: number): Promise<number> {
  const before = performance.now()
  const thread = { messages: [{ role: 'user', content: 'Count, please.' }] }
  let events = await send(lane, '/v1/threads/runs', { assistant_id, thread, stream: true })
  let answered = 0
  for (let run = waitingIn(events); run; run = waitingIn(events)) {
    const tool_outputs = run.required_action.submit_tool_outputs.tool_calls.map(({ id }) => ({
      tool_call_id: id,
      output: 'done',
    }))
    answered += tool_outputs.length
    const path = `/v1/threads/${run.thread_id}/runs/${run.id}/submit_tool_outputs`
    events = await send(lane, path, { tool_outputs, stream: true })
  }
  if (answered !== calls || !events.includes('event: thread.run.completed')) {
    throw new Error(`a run of ${calls} calls ended after ${answered}: ${events.slice(-500)}`)
  }
  return performance.now() - before
}

async function send(lane: Lane, path: string, body: object): Promise<string> {
  const { status, text } = await lane.send({ method: 'POST', path, body: JSON.stringify(body) })
  if (status !== 200) throw new Error(`${path} answered ${status}: ${text.slice(0, 300)}`)
  return text
}

function waitingIn(events: string): Waiting | undefined {
  const found = /^event: thread\.run\.requires_action\ndata: (.*)$/m.exec(events)?.[1]
  return found === undefined ? undefined : JSON.parse(found)
}
