import { setTimeout as sleep } from 'node:timers/promises'
import { startUpstream } from '../floors/floors.ts'
import { atLeast, atMost, judged } from '../goal.ts'
import { residentMegabytes } from '../process-stats.ts'
import type { Bench, Outcome, Scenario } from '../scenario.ts'
import { countTokens } from '../script.ts'
import { runSpeaker, type Speaker, startRunner } from './speaker.ts'

export const openStreams: Scenario = {
  name: 'open-streams',
  about: 'many streams open at once, one in twenty of them not reading',
  postgres: 'too',
  run,
}

const slowShare = 0.05
const script = { tokens: 24, rate: 2 }
/** Far more than the buffers between upstream and client hold: some 4 MB of events for each reader who does not read. */
const slowScript = { tokens: 20_000, rate: 0 }
const opensPerTurn = 20

/**
 * The same crowd comes twice. What the first wave adds to the memory is mostly the heap growing to its working size;
 * a second wave that needs more again would say that something is kept.
 */
async function run(bench: Bench): Promise<Outcome> {
  const slowCount = Math.round(bench.openStreams * slowShare)
  await using upstream = await startUpstream()
  await using program = await startRunner(bench, upstream)
  await using reading = await runSpeaker('reader', program, script)
  await using stalling = await runSpeaker('slow reader', program, slowScript)
  const memory = watchMemory(program.pid)
  const counts = { reading: bench.openStreams - slowCount, slow: slowCount }
  const first = await wave({ reading, stalling, memory, counts })
  const second = await wave({ reading, stalling, memory, counts })
  memory.stop()
  const most = Math.min(first.open, second.open)
  const rise = second.peak / first.peak
  return {
    findings: [
      judged({ label: 'streams open at once', value: most, unit: '', goal: atLeast(bench.openStreams), noisy: false }),
      judged({ label: 'peak RSS, second wave / first', value: rise, unit: 'x', goal: atMost(1.2), noisy: false }),
      { label: 'RSS growth at the peak', value: Math.max(first.peak, second.peak) - memory.before, unit: 'MB' },
      { label: 'readers served to the end', value: second.served, unit: `of ${counts.reading}` },
      { label: 'slow readers served to the end', value: second.slowServed, unit: `of ${counts.slow}` },
    ],
    tables: [
      { title: 'resident memory, MB', columns: ['when', 'RSS'], rows: [['before', memory.before], ...memory.marks] },
    ],
    problems: [...reading.problems],
  }
}

interface Wave {
  reading: Speaker
  stalling: Speaker
  memory: ReturnType<typeof watchMemory>
  counts: { reading: number; slow: number }
}

async function wave({ reading, stalling, memory, counts }: Wave) {
  memory.startPeak()
  const slow = await openSlow(stalling, counts.slow)
  memory.mark('slow readers open')
  const crowd = await openCrowd(reading, counts.reading)
  memory.mark('all open')
  const ends = await Promise.all(crowd.ends)
  memory.mark('readers done')
  for (const stream of slow) stream.resume()
  const slowEnds = await Promise.allSettled(slow.map((stream) => stream.finished))
  memory.mark('slow readers done')
  const peak = memory.peak()
  await sleep(3000)
  memory.mark('3 s later')
  return {
    peak,
    open: crowd.mostOpen() + slow.length,
    served: ends.filter((end) => end !== null).length,
    slowServed: slowEnds.filter((end) => end.status === 'fulfilled' && isWhole(end.value.text)).length,
  }
}

function isWhole(text: string): boolean {
  return countTokens(text) === slowScript.tokens
}

/** Streams whose reader stops at the first token. */
async function openSlow(speaker: Speaker, count: number) {
  const opened = Array.from({ length: count }, () => {
    const first = Promise.withResolvers<void>()
    let begun = false
    const stream = speaker.open(() => {
      if (begun) return
      begun = true
      stream.pause()
      first.resolve()
    })
    return { stream, begun: Promise.race([first.promise, stream.finished]) }
  })
  await Promise.all(opened.map(({ begun }) => begun))
  return opened.map(({ stream }) => stream)
}

/** Opens streams a few at a time, and counts how many have begun and not ended. */
async function openCrowd(speaker: Speaker, count: number) {
  let open = 0
  let most = 0
  async function listen() {
    let begun = false
    const end = await speaker.listen(() => {
      if (begun) return
      begun = true
      open += 1
      most = Math.max(most, open)
    })
    if (begun) open -= 1
    return end
  }
  const ends: ReturnType<typeof listen>[] = []
  while (ends.length < count) {
    for (let turn = 0; turn < opensPerTurn && ends.length < count; turn += 1) ends.push(listen())
    await sleep(50)
  }
  return { ends, mostOpen: () => most }
}

function watchMemory(pid: number) {
  const before = residentMegabytes(pid)
  const marks: [string, number][] = []
  let peak = before
  const look = () => {
    const now = residentMegabytes(pid)
    peak = Math.max(peak, now)
    return now
  }
  const timer = setInterval(look, 200)
  return {
    before,
    marks,
    mark: (when: string) => marks.push([when, look()]),
    startPeak: () => {
      peak = 0
    },
    peak: () => peak,
    stop: () => clearInterval(timer),
  }
}
