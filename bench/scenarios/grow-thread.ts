import { startUpstream } from '../floors/floors.ts'
import { bendFinding, growthTable, measurePoint, type Point, riseFinding } from '../growth.ts'
import { call, closeLanes, type Lane, openLanes } from '../loader.ts'
import type { Bench, Outcome, Scenario } from '../scenario.ts'
import { newMessage } from './message-server.ts'
import { openRunner } from './run-on-thread.ts'
import { startRunner } from './speaker.ts'

export const growThread: Scenario = {
  name: 'grow-thread',
  about: 'a run, and a list of 20, where the thread has from 1 to 10,000 messages',
  postgres: 'too',
  run,
}

/** Each run is on a thread of its own, since it makes the thread longer. */
const lengths = [
  { size: 1, times: 150 },
  { size: 10, times: 150 },
  { size: 100, times: 60 },
  { size: 1000, times: 15 },
  { size: 10_000, times: 5 },
]
const listsEach = 300

async function run(bench: Bench): Promise<Outcome> {
  await using upstream = await startUpstream()
  await using program = await startRunner(bench, upstream)
  await using runner = await openRunner(program, { tokens: 8, rate: 0 })
  const lanes = openLanes(program.origin, 1)
  const [lane] = lanes
  if (!lane) throw new Error('No connection')
  const under = { program, database: bench.database }
  const runs: Point[] = []
  const lists: Point[] = []
  for (const length of [{ size: 5, times: 100 }, ...lengths]) {
    const threads: string[] = []
    while (threads.length < length.times) threads.push(await newThread(lane, length.size))
    runs.push(await measurePoint(under, length, (index) => runner.run(threads[index] ?? '')))
    lists.push(await measurePoint(under, { ...length, times: listsEach }, () => list(lane, threads[0] ?? '')))
  }
  await closeLanes(lanes)
  const [measured, listed] = [runs.slice(1), lists.slice(1)] // the first was for warming up
  return {
    findings: [bendFinding('run, per message', measured), riseFinding('list of 20', listed.slice(2))],
    tables: [growthTable('a run', 'messages', measured), growthTable('a list of 20', 'messages', listed)],
    problems: [...runner.problems],
  }
}

async function newThread(lane: Lane, length: number): Promise<string> {
  const messages = Array.from({ length }, (_, number) => JSON.parse(newMessage('', number).body ?? ''))
  const body = JSON.stringify({ messages })
  return (await call<{ id: string }>(lane, { method: 'POST', path: '/v1/threads', body })).id
}

async function list(lane: Lane, thread: string): Promise<number> {
  const before = performance.now()
  await call(lane, { method: 'GET', path: `/v1/threads/${thread}/messages` })
  return performance.now() - before
}
