import type { SandboxKind } from '../../src/ports/sandbox.ts'
import { atMost, judged } from '../goal.ts'
import { driveCalls } from '../interpreter/calls.ts'
import { fileMegabytes, timeFiles } from '../interpreter/files.ts'
import { timeLives, timePrepared, timeUnprepared } from '../interpreter/lifetimes.ts'
import { weighSession } from '../interpreter/memory.ts'
import { notMeasured, openConfined, openUnconfined } from '../interpreter/sandboxes.ts'
import { average, isUnsteady, p50, p95, timesTable } from '../interpreter/times.ts'
import type { Bench, Outcome, Scenario } from '../scenario.ts'

export const interpreter: Scenario = {
  name: 'interpreter',
  about: 'sessions of the code interpreter in bubblewrap, beside the same Python unconfined',
  run: (bench) => measure(bench, 'bubblewrap', { lives: 15, turns: 5 }),
}

export const interpreterGvisor: Scenario = {
  name: 'interpreter-gvisor',
  about: 'the same in gVisor',
  run: (bench) => measure(bench, 'gvisor', { lives: 4, turns: 2 }),
}

const mostRounds = 3
const mostSeconds = 0.8
const firstCallLimit = 300
const warmCallLimit = 10

/** All in this process, which is to its sessions what the server is: no HTTP, no store. */
async function measure(bench: Bench, kind: SandboxKind, { lives, turns }: { lives: number; turns: number }) {
  const opened = bench.self ? openUnconfined() : await openConfined(kind)
  if ('missing' in opened) return notMeasured(opened.missing)
  await using subject = opened
  await using floor = openUnconfined()
  const pair = [floor, subject] as const
  const rounds = Math.min(bench.pace.rounds, mostRounds)
  const seconds = Math.min(bench.pace.seconds, mostSeconds)
  const weight = await weighSession(subject)
  const life = await timeLives(pair, lives)
  const unprepared = await timeUnprepared(pair, turns)
  const prepared = await timePrepared(pair, turns)
  const files = await timeFiles(pair, turns)
  const calls = await driveCalls(pair, { rounds, seconds, warmUp: 0.5 })
  return {
    findings: [
      { label: 'start of a session, to ready, p50', value: p50(life.start), unit: 'ms' },
      { label: 'CPU of a start, this process and the new one, mean', value: average(life.cpu), unit: 'ms' },
      { label: 'close of a session, p50', value: p50(life.close), unit: 'ms' },
      { label: 'a prepared session handed over, p50', value: p50(prepared.handed), unit: 'ms' },
      judged({
        label: 'first call with numpy and pandas, prepared, p50',
        value: p50(prepared.first),
        unit: 'ms',
        goal: atMost(firstCallLimit),
        noisy: isUnsteady(prepared.first.floor, firstCallLimit),
      }),
      { label: 'the same, p95', value: p95(prepared.first), unit: 'ms' },
      { label: 'the same, not prepared, p50', value: p50(unprepared), unit: 'ms' },
      judged({
        label: 'warm call, p50',
        value: calls.p50,
        unit: 'ms',
        goal: atMost(warmCallLimit),
        noisy: isUnsteady(calls.floor, warmCallLimit),
      }),
      { label: 'warm call, p95', value: calls.p95, unit: 'ms' },
      { label: 'CPU of a warm call / unconfined', value: calls.cpu.ratio, unit: 'x' },
      { label: 'calls, one session', value: calls.perSecond.one, unit: '/s' },
      { label: 'calls, eight sessions', value: calls.perSecond.eight, unit: '/s' },
      { label: `file of ${fileMegabytes} MB put`, value: (fileMegabytes / p50(files.put)) * 1000, unit: 'MB/s' },
      { label: 'the same file read', value: (fileMegabytes / p50(files.get)) * 1000, unit: 'MB/s' },
      { label: 'memory of a session, all its processes', value: weight.idle, unit: 'MB' },
      { label: 'the same with numpy, pandas and matplotlib', value: weight.used, unit: 'MB' },
      { label: 'processes of a session', value: weight.processes, unit: '' },
    ],
    tables: [
      timesTable('milliseconds', [
        ...Object.values(life),
        unprepared,
        ...Object.values(prepared),
        ...Object.values(files),
      ]),
      ...calls.tables,
    ],
    problems: [],
  } satisfies Outcome
}
