import { diskFinding } from '../disk.ts'
import { startPipeFloor, startUpstream } from '../floors/floors.ts'
import { atMost, judged } from '../goal.ts'
import { median } from '../measure.ts'
import type { Bench, Outcome, Scenario } from '../scenario.ts'
import { chatSpeaker, runSpeaker, type Speaker, startRunner } from './speaker.ts'

export const runAlone: Scenario = {
  name: 'run-alone',
  about: 'one run at a time: first token and end, beside the upstream asked directly',
  postgres: 'too',
  run,
}

const script = { tokens: 8, rate: 0 }
const firstTextLimit = 5
const totalLimit = 10

/** Medians of one round, in milliseconds. */
interface Latency {
  firstText: number
  total: number
}

async function run(bench: Bench): Promise<Outcome> {
  const disk = diskFinding(bench.newFolder())
  await using upstream = await startUpstream()
  await using pipeProgram = await startPipeFloor(upstream)
  await using subjectProgram = await startRunner(bench, upstream)
  await using direct = chatSpeaker('direct', upstream, script)
  await using pipe = chatSpeaker('floor F2', pipeProgram, script)
  await using subject = await runSpeaker('subject', subjectProgram, script)
  const speakers = [direct, pipe, subject]
  await oneRound(speakers, bench.pace.warmUp * speakers.length)
  const rounds: Latency[][] = []
  for (let round = 0; round < bench.pace.rounds; round += 1) {
    rounds.push(await oneRound(speakers, bench.pace.seconds * speakers.length))
  }
  const added = (index: number) => median(rounds.map((round) => at(round, index).firstText - at(round, 0).firstText))
  const total = median(rounds.map((round) => at(round, 2).total))
  const noisy = range(rounds.map((round) => at(round, 0).firstText)) > firstTextLimit / 5
  return {
    findings: [
      judged({ label: 'added to the first token', value: added(2), unit: 'ms', goal: atMost(firstTextLimit), noisy }),
      { label: 'the same, floor F2', value: added(1), unit: 'ms' },
      judged({ label: 'p50 of one run, to done', value: total, unit: 'ms', goal: atMost(totalLimit), noisy }),
      disk,
    ],
    tables: [
      {
        title: 'p50 ms of each round',
        columns: ['round', ...speakers.flatMap(({ name }) => [`${name}: first`, 'done'])],
        rows: rounds.map((round, index) => [index + 1, ...round.flatMap(({ firstText, total }) => [firstText, total])]),
      },
    ],
    problems: speakers.flatMap(({ problems }) => [...problems]),
  }
}

/** Asks the speakers in turns, one question at a time, and takes each one's medians. */
async function oneRound(speakers: Speaker[], seconds: number): Promise<Latency[]> {
  const ends = speakers.map((speaker) => ({ speaker, firstText: [] as number[], total: [] as number[] }))
  const deadline = performance.now() + seconds * 1000
  while (performance.now() < deadline) {
    for (const { speaker, firstText, total } of ends) {
      const end = await speaker.listen()
      if (!end) continue
      firstText.push(end.firstText)
      total.push(end.total)
    }
  }
  return ends.map(({ firstText, total }) => ({ firstText: median(firstText), total: median(total) }))
}

function at(round: Latency[], index: number): Latency {
  return round[index] ?? { firstText: Number.NaN, total: Number.NaN }
}

function range(values: number[]): number {
  return Math.max(...values) - Math.min(...values)
}
