import { diskFinding } from '../disk.ts'
import { startRelayFloor, startUpstream } from '../floors/floors.ts'
import { atLeast, judged } from '../goal.ts'
import { closedLoop } from '../loader.ts'
import { type Contestant, compare, isNoisy, measureInTurns, median } from '../measure.ts'
import { pairTable, sampleTable } from '../report.ts'
import type { Bench, Outcome, Scenario } from '../scenario.ts'
import { runSpeaker, type Speaker, startRunner } from './speaker.ts'

export const instantRuns: Scenario = {
  name: 'instant-runs',
  about: 'runs on new threads, streamed to their end, 32 at a time, upstream answers at once',
  postgres: 'too',
  run,
}

const atATime = 32
const script = { tokens: 8, rate: 0 }

async function run(bench: Bench): Promise<Outcome> {
  const disk = diskFinding(bench.newFolder())
  await using upstream = await startUpstream()
  await using floorProgram = await startRelayFloor(upstream)
  await using subjectProgram = await startRunner(bench, upstream)
  await using floor = await runSpeaker('floor F3', floorProgram, script)
  await using subject = await runSpeaker('subject', subjectProgram, script)
  const [floorSamples = [], subjectSamples = []] = await measureInTurns(
    [runs(floor), { ...runs(subject), databaseMicros: () => bench.database.cpuMicros() }],
    bench.pace,
  )
  const cpu = compare(floorSamples, subjectSamples, 'cpuPerOperation')
  const perSecond = median(subjectSamples.map((sample) => sample.perSecond))
  const noisy = isNoisy(floorSamples, 'cpuPerOperation')
  return {
    findings: [
      judged({ label: 'instant runs', value: perSecond, unit: '/s', goal: atLeast(300), noisy }),
      { label: 'CPU per run', value: median(subjectSamples.map((s) => s.cpuPerOperation)) / 1000, unit: 'ms' },
      { label: 'CPU / floor F3', value: cpu.ratio, unit: 'x' },
      disk,
    ],
    tables: [
      sampleTable('medians', { [floor.name]: floorSamples, [subject.name]: subjectSamples }),
      pairTable('CPU µs per run', cpu),
      pairTable('runs per second', compare(floorSamples, subjectSamples, 'perSecond')),
    ],
    problems: [...floor.problems, ...subject.problems],
  }
}

function runs(speaker: Speaker): Contestant {
  const { name, program } = speaker
  const slots = Array.from({ length: atATime })
  async function operate() {
    await speaker.listen()
  }
  return { name, pid: program.pid, drive: (seconds) => closedLoop(slots, seconds, operate) }
}
