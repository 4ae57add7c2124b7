import type { SandboxSession } from '../../src/ports/sandbox.ts'
import { closedLoop, type Load } from '../loader.ts'
import { type Contestant, compare, measureInTurns, median, type Pace, percentile, type Sample } from '../measure.ts'
import { pairTable, sampleTable } from '../report.ts'
import { cpuMillis, processesBelow } from './processes.ts'
import { type BenchSandbox, onePlusOne, runCode } from './sandboxes.ts'
import { ascending } from './times.ts'

const sessionsAtOnce = 8

/** `1+1` over and over, in one session and in eight at once. */
export async function driveCalls([floor, subject]: readonly [BenchSandbox, BenchSandbox], pace: Pace) {
  const alone = await caller('floor', floor, 1)
  const one = await caller('one session', subject, 1)
  const eight = await caller(`${sessionsAtOnce} sessions`, subject, sessionsAtOnce)
  const callers = [alone, one, eight]
  const [floorSamples = [], oneSamples = [], eightSamples = []] = await measureInTurns(callers, pace, 'p50')
  await Promise.all(callers.flatMap(({ sessions }) => sessions.map((session) => session.close())))
  return {
    p50: median(oneSamples.map((sample) => sample.p50)),
    p95: percentile(one.latencies.sort(ascending), 95),
    cpu: compare(floorSamples, oneSamples, 'cpuPerOperation'),
    floor: floorSamples.map((sample) => sample.p50),
    perSecond: { one: perSecond(oneSamples), eight: perSecond(eightSamples) },
    tables: [
      sampleTable('calls of 1+1', { floor: floorSamples, [one.name]: oneSamples, [eight.name]: eightSamples }),
      pairTable('p50 ms of a call', compare(floorSamples, oneSamples, 'p50')),
    ],
  }
}

interface Caller extends Contestant {
  readonly sessions: SandboxSession[]
  readonly latencies: number[]
}

/** Its CPU time is that of its sessions and of this process, which reads and checks what they say. */
async function caller(name: string, sandbox: BenchSandbox, count: number): Promise<Caller> {
  const before = new Set(processesBelow(process.pid))
  const sessions = await Promise.all(Array.from({ length: count }, () => sandbox.open()))
  const pids = processesBelow(process.pid).filter((pid) => !before.has(pid))
  const latencies: number[] = []
  async function drive(seconds: number): Promise<Load> {
    const [own, theirs] = [process.cpuUsage(), cpuMillis(pids)]
    const load = await closedLoop(sessions, seconds, (session) => runCode(session, ...onePlusOne))
    latencies.push(...load.latencies)
    const { user, system } = process.cpuUsage(own)
    return { ...load, cpuMicros: user + system + (cpuMillis(pids) - theirs) * 1000 }
  }
  return { name, pid: process.pid, drive, sessions, latencies }
}

function perSecond(samples: Sample[]): number {
  return median(samples.map((sample) => sample.perSecond))
}
