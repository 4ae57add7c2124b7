import { setTimeout as sleep } from 'node:timers/promises'
import { atMost, judged } from '../goal.ts'
import { median, noisySpread, spreadOf } from '../measure.ts'
import { residentMegabytes } from '../process-stats.ts'
import type { Program } from '../program.ts'
import type { Bench, Outcome, Scenario } from '../scenario.ts'
import { startFloor, startSubject } from './message-server.ts'

export const start: Scenario = {
  name: 'start',
  about: 'time to the first good answer with an empty store, and memory when idle',
  run,
}

const settleSeconds = 2

async function run(bench: Bench): Promise<Outcome> {
  const rounds: { floor: number; subject: number }[] = []
  for (let round = 0; round < bench.pace.rounds; round += 1) {
    const floor = await timeToStart(() => startFloor(bench))
    rounds.push({ floor, subject: await timeToStart(async () => startSubject(bench, await bench.newPlace())) })
  }
  const noisy = spreadOf(rounds.map(({ floor }) => floor)) > noisySpread
  const startedIn = median(rounds.map(({ subject }) => subject))
  const resident = await idleMemory(bench)
  return {
    findings: [
      judged({ label: 'start to listening', value: startedIn, unit: 'ms', goal: atMost(1000), noisy }),
      { label: 'the same, floor F1', value: median(rounds.map(({ floor }) => floor)), unit: 'ms' },
      judged({ label: 'idle RSS', value: resident, unit: 'MB', goal: atMost(120), noisy: false }),
    ],
    tables: [
      {
        title: 'milliseconds from starting the process',
        columns: ['round', 'floor F1', 'subject'],
        rows: rounds.map(({ floor, subject }, round) => [round + 1, floor, subject]),
      },
    ],
    problems: [],
  }
}

async function timeToStart(startProgram: () => Promise<Program>): Promise<number> {
  const before = performance.now()
  await using _ = await startProgram()
  return performance.now() - before
}

async function idleMemory(bench: Bench): Promise<number> {
  await using program = await startSubject(bench, await bench.newPlace())
  await sleep(settleSeconds * 1000)
  return residentMegabytes(program.pid)
}
