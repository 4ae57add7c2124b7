import { createSessionPool } from '../../src/interpreter/session-pool.ts'
import type { SandboxSession } from '../../src/ports/sandbox.ts'
import { cpuMillis, processesBelow } from './processes.ts'
import { type BenchSandbox, frames, log, never, onePlusOne, runCode } from './sandboxes.ts'
import { millisOf, type Timed, takeTurns } from './times.ts'

type Pair = readonly [floor: BenchSandbox, subject: BenchSandbox]

/** Sessions that are opened, asked one thing and closed. */
export async function timeLives(pair: Pair, turns: number) {
  const [floor, subject] = pair.map((sandbox) => ({ sandbox, start: empty(), cpu: empty(), close: empty() }))
  if (!floor || !subject) throw new Error('Two are compared')
  await takeTurns([floor, subject], turns, async ({ sandbox, start, cpu, close }) => {
    const before = process.cpuUsage()
    let session: SandboxSession | undefined
    start.push(await millisOf(async () => (session = await sandbox.open())))
    const { user, system } = process.cpuUsage(before)
    cpu.push(cpuMillis(processesBelow(process.pid)) + (user + system) / 1000)
    if (!session) return
    await runCode(session, ...onePlusOne)
    close.push(await millisOf(session.close))
  })
  return {
    start: timed('start of a session, to ready', floor.start, subject.start),
    cpu: timed('the same, CPU', floor.cpu, subject.cpu),
    close: timed('close of a session', floor.close, subject.close),
  }
}

/** What the first call waits for that uses numpy and pandas when a session has to be started for it. */
export async function timeUnprepared(pair: Pair, turns: number): Promise<Timed> {
  const [floor, subject] = pair.map((sandbox) => ({ sandbox, first: empty() }))
  if (!floor || !subject) throw new Error('Two are compared')
  await takeTurns([floor, subject], turns, async ({ sandbox, first }) => {
    const before = performance.now()
    const session = await sandbox.open()
    await runCode(session, ...frames)
    first.push(performance.now() - before)
    await session.close()
  })
  return timed('first call with pandas, not prepared', floor.first, subject.first)
}

/** The same when one was ready, which is replaced meanwhile. */
export async function timePrepared(pair: Pair, turns: number) {
  const [floor, subject] = pair.map((sandbox) => ({ sandbox, made: empty(), handed: empty(), first: empty() }))
  if (!floor || !subject) throw new Error('Two are compared')
  await takeTurns([floor, subject], turns, async ({ sandbox, made, handed, first }) => {
    await using pool = openPool(sandbox)
    made.push(await millisOf(pool.ready))
    const before = performance.now()
    const { session } = await pool.take()
    handed.push(performance.now() - before)
    await runCode(session, ...frames)
    first.push(performance.now() - before)
  })
  return {
    made: timed('preparing a session', floor.made, subject.made),
    handed: timed('handing over a prepared session', floor.handed, subject.handed),
    first: timed('first call with pandas, prepared', floor.first, subject.first),
  }
}

/** The server's own pool with one session ready, which starts the next as soon as that one is taken. */
function openPool(sandbox: BenchSandbox) {
  let opening: Promise<SandboxSession> | undefined
  function open({ signal }: { signal: AbortSignal }) {
    opening = sandbox.open({ prepare: true, signal })
    return opening
  }
  const settings = { sessions: 2, idleSeconds: 3600, prepared: 1 }
  const pool = createSessionPool({ sandbox: { open }, settings, log })
  async function ready() {
    pool.prepare()
    await opening
  }
  return { ready, take: () => pool.take(never), [Symbol.asyncDispose]: pool.close }
}

function timed(what: string, floor: number[], subject: number[]): Timed {
  return { what, floor, subject }
}

function empty(): number[] {
  return []
}
