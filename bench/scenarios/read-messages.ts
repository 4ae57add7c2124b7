import { atMost, judged } from '../goal.ts'
import type { Lane, Request } from '../loader.ts'
import { type Contestant, compare, isNoisy, measureInTurns } from '../measure.ts'
import { pairTable, sampleTable } from '../report.ts'
import type { Bench, Outcome, Scenario } from '../scenario.ts'
import { driveRequests, fillThread, type MessageServer, openMessageServers } from './message-server.ts'

const connections = 64
const stored = 1000

export const getMessage: Scenario = {
  name: 'get-message',
  about: 'get a message by its id, 64 connections',
  postgres: 'too',
  run: (bench) =>
    readMessages(bench, ({ thread, ids }) => {
      const id = ids[Math.floor(Math.random() * ids.length)]
      return { request: { method: 'GET', path: `/v1/threads/${thread}/messages/${id}` }, expected: `"${id}"` }
    }),
}

export const listMessages: Scenario = {
  name: 'list-messages',
  about: 'list of 20 messages, 64 connections',
  postgres: 'too',
  run: (bench) =>
    readMessages(bench, ({ thread, ids }) => ({
      request: { method: 'GET', path: `/v1/threads/${thread}/messages` },
      expected: `"${ids.at(-20)}"`,
    })),
}

interface FilledThread {
  thread: string
  ids: string[]
}

type NextRead = (filled: FilledThread, lane: Lane) => { request: Request; expected: string }

async function readMessages(bench: Bench, next: NextRead): Promise<Outcome> {
  const [floorServer, subjectServer] = await openMessageServers(bench, connections)
  await using _floor = floorServer
  await using _subject = subjectServer
  const floor = await openReader(bench, 'floor F1', floorServer, next)
  const subject = await openReader(bench, 'subject', subjectServer, next)
  const [floorSamples = [], subjectSamples = []] = await measureInTurns([floor, subject], bench.pace)
  const cpu = compare(floorSamples, subjectSamples, 'cpuPerOperation')
  const noisy = isNoisy(floorSamples, 'cpuPerOperation')
  return {
    findings: [
      judged({ label: 'CPU / floor F1', value: cpu.ratio, unit: 'x', goal: atMost(1.6), noisy }),
      { label: 'throughput / floor F1', value: compare(floorSamples, subjectSamples, 'perSecond').ratio, unit: 'x' },
    ],
    tables: [
      sampleTable('medians', { [floor.name]: floorSamples, [subject.name]: subjectSamples }),
      pairTable('CPU µs per request', cpu),
    ],
    problems: [...floorServer.problems, ...subjectServer.problems],
  }
}

async function openReader(
  { database }: Bench,
  name: string,
  server: MessageServer,
  next: NextRead,
): Promise<Contestant> {
  const filled = await fillThread(server, stored)
  const databaseMicros = () => database.cpuMicros()
  return { name, pid: server.program.pid, databaseMicros, drive: driveRequests(server, (lane) => next(filled, lane)) }
}
