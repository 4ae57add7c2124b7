import { startUpstream } from '../floors/floors.ts'
import { atMost, judged } from '../goal.ts'
import { type CodeServer, startCodeServer } from '../interpreter/code-server.ts'
import { sharedOutMegabytes } from '../interpreter/processes.ts'
import { frames, notMeasured, onePlusOne, openConfined } from '../interpreter/sandboxes.ts'
import { isUnsteady, p50, p95, type Timed, takeTurns, timesTable } from '../interpreter/times.ts'
import { closedLoop } from '../loader.ts'
import { type Contestant, compare, measureInTurns, median } from '../measure.ts'
import type { Program } from '../program.ts'
import { pairTable, sampleTable } from '../report.ts'
import type { Bench, Outcome, Scenario } from '../scenario.ts'

export const interpreterRuns: Scenario = {
  name: 'interpreter-runs',
  about: 'runs that call the code interpreter, streamed to their end, beside runs that do not',
  run,
}

const turns = 5
const firstCallLimit = 300
const warmCallLimit = 10
const threadsAtOnce = 8
const crowd = 50

async function run(bench: Bench): Promise<Outcome> {
  if (bench.self) return { findings: [], tables: [], problems: [] }
  const there = await openConfined('bubblewrap')
  if ('missing' in there) return notMeasured(there.missing)
  await there[Symbol.asyncDispose]()
  await using upstream = await startUpstream()
  const first = await firstCalls(bench, upstream)
  const warm = await warmCalls(bench, upstream)
  const many = await manyThreads(bench, upstream)
  const { plain, called, atOnce } = warm
  const added = compare(plain, called, 'p50').difference
  return {
    findings: [
      judged({
        label: 'run whose first call uses numpy and pandas, prepared, p50',
        value: p50(first.prepared),
        unit: 'ms',
        goal: atMost(firstCallLimit),
        noisy: isUnsteady(first.prepared.floor, firstCallLimit),
      }),
      { label: 'the same, p95', value: p95(first.prepared), unit: 'ms' },
      { label: 'the same, not prepared, p50', value: p50(first.unprepared), unit: 'ms' },
      judged({
        label: 'added to a run by a warm call, p50',
        value: added,
        unit: 'ms',
        goal: atMost(warmCallLimit),
        noisy: isUnsteady(
          plain.map((sample) => sample.p50),
          warmCallLimit,
        ),
      }),
      {
        label: 'CPU of the server for that',
        value: compare(plain, called, 'cpuPerOperation').difference / 1000,
        unit: 'ms',
      },
      { label: 'runs with a call, one thread', value: median(called.map((s) => s.perSecond)), unit: '/s' },
      {
        label: `runs with a call, ${threadsAtOnce} threads`,
        value: median(atOnce.map((s) => s.perSecond)),
        unit: '/s',
      },
      { label: `${crowd} threads at once, all answered`, value: many.seconds, unit: 's' },
      { label: 'the same once more, warm', value: many.again, unit: 's' },
      { label: 'memory of their sessions', value: many.megabytes, unit: 'MB' },
    ],
    tables: [
      timesTable('first runs of a thread, the floor a run without a call', Object.values(first)),
      sampleTable('runs', { 'without a call': plain, 'with a call': called, [`${threadsAtOnce} threads`]: atOnce }),
      pairTable('p50 ms of a run', compare(plain, called, 'p50')),
    ],
    problems: [],
  }
}

async function firstCalls(bench: Bench, upstream: Program): Promise<{ prepared: Timed; unprepared: Timed }> {
  return {
    prepared: await timeFirst('first call, prepared', { REPRISE_SANDBOX_PREPARED: '1' }),
    unprepared: await timeFirst('first call, not prepared', { REPRISE_SANDBOX_PREPARED: '0' }),
  }

  async function timeFirst(what: string, settings: Record<string, string>): Promise<Timed> {
    await using server = await startCodeServer(bench, { upstream, settings })
    const floor: number[] = []
    const subject: number[] = []
    const without = async () => void floor.push(await server.runPlain(await server.newThread()))
    const withCall = async () => void subject.push(await server.run(await server.newThread(), ...printed(frames)))
    await server.runPlain(await server.newThread())
    await takeTurns([without, withCall], turns, async (work) => {
      await server.settled()
      await work()
    })
    return { what, floor, subject }
  }
}

async function warmCalls(bench: Bench, upstream: Program) {
  await using server = await startCodeServer(bench, { upstream })
  const threads = await Promise.all(Array.from({ length: threadsAtOnce }, server.newThread))
  const [thread = ''] = threads
  await Promise.all(threads.map((each) => server.run(each, ...printed(onePlusOne))))
  await server.settled()
  const pace = { rounds: Math.min(bench.pace.rounds, 5), seconds: Math.min(bench.pace.seconds, 1), warmUp: 1 }
  const contestants = [
    contestant(server, 'without', [thread], server.runPlain),
    contestant(server, 'with', [thread], (each) => server.run(each, ...printed(onePlusOne))),
    contestant(server, 'at once', threads, (each) => server.run(each, ...printed(onePlusOne))),
  ]
  const [plain = [], called = [], atOnce = []] = await measureInTurns(contestants, pace, 'p50')
  return { plain, called, atOnce }
}

function contestant(
  { program }: CodeServer,
  name: string,
  threads: string[],
  run: (thread: string) => Promise<number>,
) {
  const drive = (seconds: number) => closedLoop(threads, seconds, async (thread) => void (await run(thread)))
  return { name, pid: program.pid, drive } satisfies Contestant
}

/** Every thread has a session made for it, but for the first, whose session was ready. */
async function manyThreads(bench: Bench, upstream: Program) {
  const settings = { REPRISE_SANDBOX_SESSIONS: String(crowd) }
  await using server = await startCodeServer(bench, { upstream, settings })
  const threads = await Promise.all(Array.from({ length: crowd }, server.newThread))
  await server.settled()
  const secondsOf = async () => {
    const before = performance.now()
    await Promise.all(threads.map((thread) => server.run(thread, ...printed(frames))))
    return (performance.now() - before) / 1000
  }
  const seconds = await secondsOf()
  const again = await secondsOf()
  return { seconds, again, megabytes: sharedOutMegabytes(server.sessions()) }
}

/** As it is found in a stream that is not parsed. */
function printed([code, text]: readonly [string, string]): [code: string, printed: string] {
  return [code, text.trim()]
}
