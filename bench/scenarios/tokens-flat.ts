import { startPipeFloor, startRelayFloor, startUpstream } from '../floors/floors.ts'
import { atMost, judged } from '../goal.ts'
import { closedLoop } from '../loader.ts'
import { type Contestant, compare, isNoisy, measureInTurns, median } from '../measure.ts'
import { pairTable, sampleTable } from '../report.ts'
import type { Bench, Outcome, Scenario } from '../scenario.ts'
import { chatSpeaker, runSpeaker, type Speaker, startRunner } from './speaker.ts'

export const tokensFlat: Scenario = {
  name: 'tokens-flat',
  about: 'runs of 2,000 tokens as fast as they go, 8 streams',
  run,
}

const streams = 8
const script = { tokens: 2000, rate: 0 }

async function run(bench: Bench): Promise<Outcome> {
  await using upstream = await startUpstream()
  await using pipeProgram = await startPipeFloor(upstream)
  await using relayProgram = await startRelayFloor(upstream)
  await using subjectProgram = await startRunner(bench, upstream)
  await using pipe = chatSpeaker('floor F2', pipeProgram, script)
  await using relay = await runSpeaker('floor F3', relayProgram, script)
  await using subject = await runSpeaker('subject', subjectProgram, script)
  const speakers = [pipe, relay, subject]
  const [pipeSamples = [], relaySamples = [], subjectSamples = []] = await measureInTurns(
    speakers.map(relayed),
    bench.pace,
  )
  const perToken = median(subjectSamples.map((sample) => sample.cpuPerOperation))
  const overPipe = compare(pipeSamples, subjectSamples, 'cpuPerOperation')
  const overRelay = compare(relaySamples, subjectSamples, 'cpuPerOperation')
  const noisy = isNoisy(pipeSamples, 'cpuPerOperation')
  return {
    findings: [
      judged({ label: 'CPU per million tokens', value: perToken, unit: 's', goal: atMost(15), noisy }),
      { label: 'CPU / floor F2, bytes only', value: overPipe.ratio, unit: 'x' },
      { label: 'CPU / floor F3, translated', value: overRelay.ratio, unit: 'x' },
    ],
    tables: [
      sampleTable('medians; an operation is a token, a latency that of a whole stream', {
        [pipe.name]: pipeSamples,
        [relay.name]: relaySamples,
        [subject.name]: subjectSamples,
      }),
      pairTable('CPU µs per token over floor F2', overPipe),
      pairTable('CPU µs per token over floor F3', overRelay),
    ],
    problems: speakers.flatMap(({ problems }) => [...problems]),
  }
}

/** Counts tokens where the loop counts streams. */
function relayed(speaker: Speaker): Contestant {
  const { name, program } = speaker
  const slots = Array.from({ length: streams })
  async function drive(seconds: number) {
    let tokens = 0
    const load = await closedLoop(slots, seconds, async () => {
      if (await speaker.listen()) tokens += script.tokens
    })
    return { ...load, operations: tokens }
  }
  return { name, pid: program.pid, drive }
}
