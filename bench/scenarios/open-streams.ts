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
  run,
}

const slowShare = 0.05
const script = { tokens: 40, rate: 2 }
/** Far more than the buffers between upstream and client hold: some 4 MB of events for each reader who does not read. */
const slowScript = { tokens: 20_000, rate: 0 }
const megabytesPerStream = 0.2
const opensPerTurn = 20

async function run(bench: Bench): Promise<Outcome> {
  const slowCount = Math.round(bench.openStreams * slowShare)
  await using upstream = await startUpstream()
  await using program = await startRunner(bench, upstream)
  await using reading = await runSpeaker('reader', program, script)
  await using stalling = await runSpeaker('slow reader', program, slowScript)
  await Promise.all(Array.from({ length: 20 }, () => reading.open().finished.catch(() => {}))) // first use costs memory
  const memory = watchMemory(program.pid)
  const slow = await openSlow(stalling, slowCount)
  const crowd = await openCrowd(reading, bench.openStreams - slowCount)
  memory.mark('all open')
  const finished = (await Promise.all(crowd.ends)).filter((end) => end !== null).length
  memory.mark('readers done')
  for (const stream of slow) stream.resume()
  const caughtUp = await Promise.allSettled(slow.map((stream) => stream.finished))
  memory.mark('slow readers done')
  await sleep(3000)
  memory.mark('3 s later')
  memory.stop()
  const growth = memory.peak() - memory.before
  const complete = caughtUp.filter(
    (end) => end.status === 'fulfilled' && countTokens(end.value.text) === slowScript.tokens,
  ).length
  return {
    findings: [
      judged({
        label: 'streams open at once',
        value: crowd.mostOpen() + slow.length,
        unit: '',
        goal: atLeast(bench.openStreams),
        noisy: false,
      }),
      judged({
        label: 'RSS growth at its peak',
        value: growth,
        unit: 'MB',
        goal: atMost(bench.openStreams * megabytesPerStream),
        noisy: false,
      }),
      { label: 'readers served to the end', value: finished, unit: `of ${crowd.ends.length}` },
      { label: 'slow readers served to the end', value: complete, unit: `of ${slow.length}` },
    ],
    tables: [
      { title: 'resident memory, MB', columns: ['when', 'RSS'], rows: [['before', memory.before], ...memory.marks] },
    ],
    problems: [...reading.problems],
  }
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
    peak: () => peak,
    stop: () => clearInterval(timer),
  }
}
