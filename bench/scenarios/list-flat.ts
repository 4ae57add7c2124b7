import { atMost, judged } from '../goal.ts'
import { type Contestant, compare, isNoisy, measureInTurns } from '../measure.ts'
import { format, pairTable, sampleTable } from '../report.ts'
import type { Bench, Outcome, Scenario } from '../scenario.ts'
import { driveRequests, fillThread, type MessageServer, openMessageServer, startSubject } from './message-server.ts'

export const listFlat: Scenario = {
  name: 'list-flat',
  about: 'list of 20 in a thread of 100 messages and in a long one',
  postgres: 'too',
  run,
}

const connections = 64
const shortThread = 100

/** One server is its own floor here: what a list costs must not depend on how many messages lie beside it. */
async function run(bench: Bench): Promise<Outcome> {
  await using server = openMessageServer(await startSubject(bench, await bench.newPlace()), connections)
  const short = await openLister(bench, 'short thread', server, shortThread)
  const long = await openLister(bench, 'long thread', server, bench.longThread)
  const [shortSamples = [], longSamples = []] = await measureInTurns([short, long], bench.pace)
  const cpu = compare(shortSamples, longSamples, 'cpuPerOperation')
  const label = `CPU, ${format(bench.longThread)} / ${shortThread} messages`
  return {
    findings: [
      judged({
        label,
        value: cpu.ratio,
        unit: 'x',
        goal: atMost(1.2),
        noisy: isNoisy(shortSamples, 'cpuPerOperation'),
      }),
    ],
    tables: [
      sampleTable('medians', { [short.name]: shortSamples, [long.name]: longSamples }),
      pairTable('CPU µs per list', cpu),
    ],
    problems: [...server.problems],
  }
}

/** Reads by turns the newest page, and the page after a message in the middle of the thread. */
async function openLister(
  { database }: Bench,
  name: string,
  server: MessageServer,
  messages: number,
): Promise<Contestant> {
  const { thread, ids } = await fillThread(server, messages)
  const middle = Math.floor(ids.length / 2)
  const path = `/v1/threads/${thread}/messages`
  const pages = [
    { request: { method: 'GET', path } as const, expected: `"${ids.at(-20)}"` },
    { request: { method: 'GET', path: `${path}?after=${ids[middle]}` } as const, expected: `"${ids[middle - 20]}"` },
  ] as const
  let turn = 0
  const databaseMicros = () => database.cpuMicros()
  return {
    name,
    pid: server.program.pid,
    databaseMicros,
    drive: driveRequests(server, () => pages[turn++ % 2 === 0 ? 0 : 1]),
  }
}
