import type { Place } from '../database.ts'
import { startUpstream } from '../floors/floors.ts'
import { growthTable, measurePoint, type Point, riseFinding } from '../growth.ts'
import { call, type Lane, type Request } from '../loader.ts'
import type { Program } from '../program.ts'
import type { Bench, Outcome, Scenario } from '../scenario.ts'
import { startReprise } from '../server.ts'
import { createThreads, fillThread, newMessage, openMessageServer } from './message-server.ts'
import { openRunner } from './run-on-thread.ts'

export const growStore: Scenario = {
  name: 'grow-store',
  about: 'create, get, list and run where 1,000 and more messages of other threads are stored',
  postgres: 'too',
  run,
}

const firstSize = 1000
const messagesOfThread = 100

type Growth = Record<'create' | 'get' | 'list of 20' | 'run', Point[]>

async function run(bench: Bench): Promise<Outcome> {
  const place = await bench.newPlace()
  await using upstream = await startUpstream()
  const growth: Growth = { create: [], get: [], 'list of 20': [], run: [] }
  const problems = new Set<string>()
  let stored = 0
  for (let size = firstSize; size <= bench.storedMessages; size *= 10) {
    await fill(bench, place, { from: stored, to: size, upstream })
    stored = size
    await measure(bench, place, { size, upstream, growth, problems })
  }
  return {
    findings: Object.entries(growth).map(([what, points]) => riseFinding(what, points)),
    tables: Object.entries(growth).map(([what, points]) => growthTable(what, 'stored', points)),
    problems: [...problems],
  }
}

/** Copies a message into other threads, in the database itself: through the API it would take the rest of the hour. */
async function fill(
  { entry, database }: Bench,
  place: Place,
  { from, to, upstream }: { from: number; to: number; upstream: Program },
): Promise<void> {
  if (from === 0) {
    await using server = openMessageServer(await startReprise({ entry, upstream, ...place }), 1)
    await fillThread(server, 1)
  }
  await database.change(place, [
    `with recursive place (n) as (select ${from} union all select n + 1 from place where n + 1 < ${to})
     insert into messages (project, id, thread_id, body)
     select copied.project, 'msg_copy' || n, 'thread_copy' || (n / ${messagesOfThread}), copied.body
     from place, (select project, body from messages order by seq limit 1) as copied`,
  ])
}

interface Measuring {
  size: number
  upstream: Program
  growth: Growth
  problems: Set<string>
}

async function measure({ entry, database }: Bench, place: Place, { size, upstream, growth, problems }: Measuring) {
  await using server = openMessageServer(await startReprise({ entry, upstream, ...place }), 1)
  await using runner = await openRunner(server.program, { tokens: 8, rate: 0 })
  const [lane] = server.lanes
  if (!lane) throw new Error('No connection')
  const { thread, ids } = await fillThread(server, messagesOfThread)
  const under = { program: server.program, database }
  const path = `/v1/threads/${thread}/messages`
  const operations = {
    create: (index: number) => timed(lane, newMessage(thread, index)),
    get: (index: number) => timed(lane, { method: 'GET', path: `${path}/${ids[index % ids.length]}` }),
    'list of 20': () => timed(lane, { method: 'GET', path }),
    run: async () => runner.run((await createThreads(server))[0] ?? ''),
  }
  for (const [what, points] of Object.entries(growth)) {
    const operate = operations[what as keyof Growth]
    const times = what === 'run' ? 100 : 300
    await measurePoint(under, { size, times }, operate) // the process is new
    points.push(await measurePoint(under, { size, times }, operate))
  }
  for (const problem of runner.problems) problems.add(problem)
}

async function timed(lane: Lane, request: Request): Promise<number> {
  const before = performance.now()
  await call(lane, request)
  return performance.now() - before
}
