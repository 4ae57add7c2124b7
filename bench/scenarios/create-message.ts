import type { Place } from '../database.ts'
import { diskFinding } from '../disk.ts'
import { atMost, type Finding, judged } from '../goal.ts'
import { openLanes } from '../loader.ts'
import { type Contestant, compare, isNoisy, measureInTurns, type Sample } from '../measure.ts'
import { pairTable, sampleTable } from '../report.ts'
import type { Bench, Outcome, Scenario } from '../scenario.ts'
import {
  createThreads,
  driveRequests,
  type MessageServer,
  newMessage,
  openMessageServer,
  readThread,
  startFloor,
  startSubject,
} from './message-server.ts'

export const createMessage: Scenario = {
  name: 'create-message',
  about: 'durable create message, 64 connections',
  postgres: 'too',
  run: (bench) => writeMessages(bench, { connections: 64, judge: 'cpuPerOperation', findings: throughputFindings }),
}

export const createMessageAlone: Scenario = {
  name: 'create-message-alone',
  about: 'durable create message, one connection',
  postgres: 'too',
  run: (bench) => writeMessages(bench, { connections: 1, judge: 'p50', findings: latencyFindings }),
}

/** A server being written to, and what it said it had stored. */
interface Writer extends Contestant {
  readonly server: MessageServer
  /** The first lane's thread, and the ids of its messages in the order of the replies. */
  readonly thread: string
  readonly acknowledged: string[]
}

interface Variant {
  connections: number
  /** The figure that the goal is about. */
  judge: keyof Sample
  findings(floor: Sample[], subject: Sample[]): Finding[]
}

async function writeMessages(bench: Bench, { connections, judge, findings }: Variant): Promise<Outcome> {
  const place = await bench.newPlace()
  await using floorServer = openMessageServer(await startFloor(bench), connections)
  await using subjectServer = openMessageServer(await startSubject(bench, place), connections)
  const floor = await openWriter(bench, 'floor F1', floorServer)
  const subject = await openWriter(bench, 'subject', subjectServer)
  const disk = diskFinding(bench.newFolder())
  const [floorSamples = [], subjectSamples = []] = await measureInTurns([floor, subject], bench.pace, judge)
  await checkStored(floor)
  await checkStored(subject)
  await checkAfterCrash(bench, subject, place)
  return {
    findings: [...findings(floorSamples, subjectSamples), disk],
    tables: [
      sampleTable('medians', { [floor.name]: floorSamples, [subject.name]: subjectSamples }),
      pairTable('CPU µs per message', compare(floorSamples, subjectSamples, 'cpuPerOperation')),
      pairTable('p50 ms', compare(floorSamples, subjectSamples, 'p50')),
    ],
    problems: [...floorServer.problems, ...subjectServer.problems],
  }
}

function throughputFindings(floor: Sample[], subject: Sample[]): Finding[] {
  const cpu = compare(floor, subject, 'cpuPerOperation')
  return [
    judged({
      label: 'CPU / floor F1',
      value: cpu.ratio,
      unit: 'x',
      goal: atMost(2),
      noisy: isNoisy(floor, 'cpuPerOperation'),
    }),
    { label: 'throughput / floor F1', value: compare(floor, subject, 'perSecond').ratio, unit: 'x' },
  ]
}

function latencyFindings(floor: Sample[], subject: Sample[]): Finding[] {
  const added = compare(floor, subject, 'p50').difference
  const noisy = isNoisy(floor, 'p50')
  return [
    judged({ label: 'p50 over floor F1', value: added, unit: 'ms', goal: atMost(0.5), noisy }),
    { label: 'CPU / floor F1', value: compare(floor, subject, 'cpuPerOperation').ratio, unit: 'x' },
  ]
}

async function openWriter({ database }: Bench, name: string, server: MessageServer): Promise<Writer> {
  const threads = await createThreads(server)
  const acknowledged: string[] = []
  let number = 0
  const drive = driveRequests(server, (lane) => {
    number += 1
    const request = newMessage(threads[lane.index] ?? '', number)
    const expected = `Number ${number}.`
    return lane.index === 0
      ? { request, expected, onReply: (text) => acknowledged.push(idIn(text)) }
      : { request, expected }
  })
  const databaseMicros = () => database.cpuMicros()
  return { name, pid: server.program.pid, databaseMicros, drive, server, thread: threads[0] ?? '', acknowledged }
}

function idIn(message: string): string {
  return /"id":\s*"(msg_\w+)"/.exec(message)?.[1] ?? ''
}

/** One lane wrote one thread, so its messages have to be there, all of them, in the order of the replies. */
async function checkStored({ name, server, thread, acknowledged }: Writer): Promise<void> {
  const [lane] = openLanes(server.program.origin, 1)
  if (!lane) return
  await using _ = lane
  const stored = await readThread(lane, thread)
  if (stored.join() === acknowledged.join()) return
  server.problems.add(`${name}: ${acknowledged.length} messages acknowledged, ${stored.length} stored, or out of order`)
}

/** What was acknowledged has to outlive the process. */
async function checkAfterCrash(bench: Bench, writer: Writer, place: Place): Promise<void> {
  await writer.server.program.stop('SIGKILL')
  await using server = openMessageServer(await startSubject(bench, place), 1)
  await checkStored({ ...writer, name: `${writer.name} after a crash`, server })
  for (const problem of server.problems) writer.server.problems.add(problem)
}
