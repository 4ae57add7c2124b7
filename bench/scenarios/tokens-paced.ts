import { setTimeout as sleep } from 'node:timers/promises'
import { startPipeFloor, startUpstream } from '../floors/floors.ts'
import type { Load } from '../loader.ts'
import { type Contestant, compare, measureInTurns, median } from '../measure.ts'
import { cpuMicros } from '../process-stats.ts'
import { pairTable, sampleTable } from '../report.ts'
import type { Bench, Outcome, Scenario } from '../scenario.ts'
import { microsNow, sendingTimes } from '../script.ts'
import { chatSpeaker, runSpeaker, type Speaker, startRunner } from './speaker.ts'

export const tokensPaced: Scenario = {
  name: 'tokens-paced',
  about: '100 streams at 50 tokens a second',
  run,
}

const streams = 100
const rate = 50
const startsWithin = 1 // second, so that the streams do not tick together

async function run(bench: Bench): Promise<Outcome> {
  const { rounds, seconds } = bench.pace
  const script = { tokens: Math.ceil(rate * (seconds + startsWithin + 1)), rate }
  await using upstream = await startUpstream()
  await using pipeProgram = await startPipeFloor(upstream)
  await using subjectProgram = await startRunner(bench, upstream)
  await using direct = chatSpeaker('direct', upstream, script)
  await using pipe = chatSpeaker('floor F2', pipeProgram, script)
  await using subject = await runSpeaker('subject', subjectProgram, script)
  const speakers = [pipe, direct, subject]
  const [pipeSamples = [], directSamples = [], subjectSamples = []] = await measureInTurns(speakers.map(paced), {
    rounds: Math.ceil(rounds / 2), // each turn lasts as long as its streams
    seconds,
    warmUp: Math.min(1, seconds),
  })
  const cpu = compare(pipeSamples, subjectSamples, 'cpuPerOperation')
  return {
    findings: [
      { label: 'CPU per million tokens', value: median(cpu.pairs.map((pair) => pair.subject)), unit: 's' },
      { label: 'CPU / floor F2', value: cpu.ratio, unit: 'x' },
      { label: 'p99 lag over direct', value: compare(directSamples, subjectSamples, 'p99').difference, unit: 'ms' },
    ],
    tables: [
      sampleTable('medians; an operation is a token, a latency its way from upstream to client', {
        [direct.name]: directSamples,
        [pipe.name]: pipeSamples,
        [subject.name]: subjectSamples,
      }),
      pairTable('CPU µs per token', cpu),
    ],
    problems: speakers.flatMap(({ problems }) => [...problems]),
  }
}

/** Measures a stretch in which every stream is open, and then lets the streams end. */
function paced(speaker: Speaker): Contestant {
  const { name, program } = speaker
  async function drive(seconds: number): Promise<Load> {
    let lags: number[] = []
    const onPiece = (piece: string) => {
      const now = microsNow()
      for (const sent of sendingTimes(piece)) lags.push((now - sent) / 1000)
    }
    const ends: Promise<unknown>[] = []
    for (let opened = 0; opened < streams; opened += 1) {
      ends.push(speaker.listen(onPiece))
      await sleep((startsWithin * 1000) / streams)
    }
    lags = []
    const before = cpuMicros(program.pid)
    const start = performance.now()
    await sleep(seconds * 1000)
    const measured = lags
    const elapsed = (performance.now() - start) / 1000
    const used = cpuMicros(program.pid) - before
    lags = []
    await Promise.all(ends)
    const latencies = measured.sort((a, b) => a - b)
    return { operations: measured.length, seconds: elapsed, latencies, cpuMicros: used }
  }
  return { name, pid: program.pid, drive }
}
