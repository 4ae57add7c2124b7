import { startUpstream } from '../floors/floors.ts'
import { atMost, judged } from '../goal.ts'
import { closedLoop } from '../loader.ts'
import { median, percentile } from '../measure.ts'
import { cpuMicros } from '../process-stats.ts'
import type { Bench, Outcome, Scenario } from '../scenario.ts'
import { startReprise } from '../server.ts'
import { runSpeaker, type Speaker } from './speaker.ts'

export const nodes: Scenario = {
  name: 'nodes',
  about: 'instant runs on one, two and three nodes of one Postgres, 32 at a time',
  postgres: 'only',
  run,
}

const atATime = 32
const warmUpRuns = 1000
const script = { tokens: 8, rate: 0 }

interface NodesSample {
  perSecond: number
  /** CPU of all nodes that were asked, and of the database, in milliseconds a run. */
  nodes: number
  database: number
  p50: number
}

/** Three nodes are up all the time; one, two or all of them are asked, in turns. */
async function run(bench: Bench): Promise<Outcome> {
  await using upstream = await startUpstream()
  await using open = new AsyncDisposableStack()
  const place = await bench.newPlace()
  const speakers: Speaker[] = []
  for (const name of ['first', 'second', 'third']) {
    const program = open.use(await startReprise({ entry: bench.entry, upstream, ...place }))
    speakers.push(open.use(await runSpeaker(`${name} node`, program, script)))
  }
  const groups = speakers.map((_, index) => ({ asked: speakers.slice(0, index + 1), samples: [] as NodesSample[] }))
  await Promise.all(speakers.map(warmUp))
  for (let round = 0; round < bench.pace.rounds; round += 1) {
    for (const group of round % 2 === 0 ? groups : groups.toReversed()) {
      group.samples.push(await sampleOf(bench, group.asked))
    }
  }
  const medians = groups.map(({ samples }) => mediansOf(samples))
  const cpu = medians.map((each) => each.nodes + each.database)
  const growth = (cpu.at(-1) ?? Number.NaN) / (cpu[0] ?? Number.NaN)
  return {
    findings: [
      judged({ label: 'CPU per run, 3 nodes / 1', value: growth, unit: 'x', goal: atMost(1.3), noisy: false }),
    ],
    tables: [
      {
        title: 'medians; all nodes and their database share the cores of one machine',
        columns: ['nodes', 'runs/s', 'p50 ms', 'CPU ms/run, nodes', 'CPU ms/run, database', 'together'],
        rows: medians.map((each, index) => [
          index + 1,
          each.perSecond,
          each.p50,
          each.nodes,
          each.database,
          each.nodes + each.database,
        ]),
      },
    ],
    problems: speakers.flatMap(({ problems }) => [...problems]),
  }
}

/** Young code is several times as dear: a node that has had a third of the runs would seem slower. */
async function warmUp(speaker: Speaker): Promise<void> {
  let left = warmUpRuns
  async function listen() {
    while (left-- > 0) await speaker.listen()
  }
  await Promise.all(Array.from({ length: atATime }, listen))
}

async function sampleOf({ database, pace }: Bench, asked: Speaker[]): Promise<NodesSample> {
  const nodesCpu = () => asked.reduce((sum, { program }) => sum + cpuMicros(program.pid), 0)
  const before = { nodes: nodesCpu(), database: database.cpuMicros() }
  const slots = Array.from({ length: atATime }, (_, index) => asked[index % asked.length])
  const load = await closedLoop(slots, pace.seconds, async (speaker) => {
    await speaker?.listen()
  })
  const perRun = (from: number, to: number) => (to - from) / load.operations / 1000
  return {
    perSecond: load.operations / load.seconds,
    nodes: perRun(before.nodes, nodesCpu()),
    database: perRun(before.database, database.cpuMicros()),
    p50: percentile(load.latencies, 50),
  }
}

function mediansOf(samples: NodesSample[]): NodesSample {
  const of = (figure: keyof NodesSample) => median(samples.map((each) => each[figure]))
  return { perSecond: of('perSecond'), nodes: of('nodes'), database: of('database'), p50: of('p50') }
}
