import { setTimeout as sleep } from 'node:timers/promises'
import { startUpstream } from '../floors/floors.ts'
import { atMost, judged } from '../goal.ts'
import { call, closeLanes, type Lane, openLanes } from '../loader.ts'
import { cpuMicros } from '../process-stats.ts'
import type { Program } from '../program.ts'
import type { Bench, Outcome, Scenario } from '../scenario.ts'
import { modelOf } from '../script.ts'
import { startReprise } from '../server.ts'
import { createAssistant } from './run-on-thread.ts'

export const drain: Scenario = {
  name: 'drain',
  about: 'many runs queued while the model is silent, then carried out, 32 at a time',
  postgres: 'too',
  run,
}

const connections = 32
const patienceSeconds = 240

interface QueuedRun {
  id: string
  thread_id: string
}

async function run(bench: Bench): Promise<Outcome> {
  await using upstream = await startUpstream()
  const environment = { REPRISE_MAX_RUNS: '32', REPRISE_UPSTREAM_TIMEOUT: '300' }
  const place = await bench.newPlace()
  await using program = await startReprise({
    entry: bench.entry,
    upstream,
    ...place,
    environment: { ...place.environment, ...environment },
  })
  const assistant_id = await createAssistant(program, { model: modelOf({ tokens: 8, rate: 0, gated: true }) })
  const lanes = openLanes(program.origin, connections)
  const cpuNow = (): Mark => ({
    own: cpuMicros(program.pid),
    database: bench.database.cpuMicros(),
    at: performance.now(),
  })
  const before = cpuNow()
  const queued = await queueRuns(lanes, assistant_id, bench.queuedRuns)
  const between = cpuNow()
  await fetch(`${upstream.origin}/open`, { method: 'POST' })
  const marks = await untilDrained(program, bench.queuedRuns, cpuNow)
  const after = cpuNow()
  const quarters = quartersOf(marks, bench.queuedRuns)
  const lost = await notCompleted(lanes, queued)
  await closeLanes(lanes)
  const perRun = (from: number, to: number) => (to - from) / bench.queuedRuns
  const bend = (quarters.at(-1)?.cpu ?? Number.NaN) / (quarters[0]?.cpu ?? Number.NaN)
  return {
    findings: [
      { label: 'queued', value: 1000 / perRun(before.at, between.at), unit: '/s' },
      { label: 'drained', value: 1000 / perRun(between.at, after.at), unit: '/s' },
      judged({ label: 'CPU per run, last quarter / first', value: bend, unit: 'x', goal: atMost(1.3), noisy: false }),
    ],
    tables: [
      {
        title: 'CPU µs per run',
        columns: ['', 'server', 'its database'],
        rows: [
          ['to queue it', perRun(before.own, between.own), perRun(before.database, between.database)],
          ['to carry it out', perRun(between.own, after.own), perRun(between.database, after.database)],
        ],
      },
      {
        title: 'each quarter of the queue',
        columns: ['quarter', 'CPU µs per run', 'of it database', 'runs/s'],
        rows: quarters.map(({ cpu, database, perSecond }, index) => [index + 1, cpu, database, perSecond]),
      },
    ],
    problems: lost > 0 ? [`${lost} of ${bench.queuedRuns} runs were not completed`] : [],
  }
}

async function queueRuns(lanes: Lane[], assistant_id: string, count: number): Promise<QueuedRun[]> {
  const body = JSON.stringify({ assistant_id, thread: { messages: [{ role: 'user', content: 'Count, please.' }] } })
  const queued: QueuedRun[] = []
  let asked = 0
  async function queueOnLane(lane: Lane) {
    while (asked < count) {
      asked += 1
      queued.push(await call<QueuedRun>(lane, { method: 'POST', path: '/v1/threads/runs', body }))
    }
  }
  await Promise.all(lanes.map(queueOnLane))
  return queued
}

interface Mark {
  own: number
  database: number
  at: number
}

/** What had been used at the beginning, and when each quarter of the runs was over. */
async function untilDrained(program: Program, count: number, look: () => Mark): Promise<Mark[]> {
  const marks = [look()]
  const patience = performance.now() + patienceSeconds * 1000
  for (;;) {
    const left = await runsLeft(program)
    while (marks.length < 5 && count - left >= (marks.length * count) / 4) marks.push(look())
    if (left === 0) return marks
    if (performance.now() > patience) throw new Error(`${left} of ${count} runs are left after ${patienceSeconds} s`)
    await sleep(100)
  }
}

function quartersOf(marks: Mark[], count: number) {
  return marks.slice(1).map((mark, index) => {
    const from = marks[index] ?? mark
    const perRun = (used: number) => used / (count / 4)
    const [own, database] = [perRun(mark.own - from.own), perRun(mark.database - from.database)]
    return { own, database, cpu: own + database, perSecond: count / 4 / ((mark.at - from.at) / 1000) }
  })
}

async function runsLeft({ origin }: Program): Promise<number> {
  const reply = await fetch(`${origin}/health`)
  const health = (await reply.json()) as { running_runs: number; waiting_jobs: number }
  return health.running_runs + health.waiting_jobs
}

async function notCompleted(lanes: Lane[], runs: QueuedRun[]): Promise<number> {
  const unseen = [...runs]
  let lost = 0
  async function look(lane: Lane) {
    for (let next = unseen.pop(); next; next = unseen.pop()) {
      const path = `/v1/threads/${next.thread_id}/runs/${next.id}`
      const { status } = await call<{ status: string }>(lane, { method: 'GET', path })
      if (status !== 'completed') lost += 1
    }
  }
  await Promise.all(lanes.map(look))
  return lost
}
