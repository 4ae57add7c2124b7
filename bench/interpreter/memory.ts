import type { SandboxSession } from '../../src/ports/sandbox.ts'
import { processesBelow, sharedOutMegabytes } from './processes.ts'
import { type BenchSandbox, framesAndFigure, runCode } from './sandboxes.ts'

/** Megabytes of all processes of one session, as it starts and after it has used numpy, pandas and matplotlib. */
export async function weighSession(sandbox: BenchSandbox): Promise<{ idle: number; used: number; processes: number }> {
  const before = new Set(processesBelow(process.pid))
  const session = await sandbox.open()
  const pids = () => processesBelow(process.pid).filter((pid) => !before.has(pid))
  const idle = sharedOutMegabytes(pids())
  await runCode(session, ...framesAndFigure)
  const used = sharedOutMegabytes(pids())
  const processes = pids().length
  await session.close()
  return { idle, used, processes }
}

/** Many sessions at once, from asking for the first to the answer of the last, and what they take meanwhile. */
export async function weighCrowd(sandbox: BenchSandbox, count: number, work: readonly [code: string, printed: string]) {
  const before = performance.now()
  const answered: number[] = []
  const sessions = await Promise.all(
    Array.from({ length: count }, async () => {
      const session = await sandbox.open()
      await runCode(session, ...work)
      answered.push((performance.now() - before) / 1000)
      return session
    }),
  )
  const pids = processesBelow(process.pid)
  const megabytes = sharedOutMegabytes(pids)
  const closing = performance.now()
  await Promise.all(sessions.map((session: SandboxSession) => session.close()))
  return { answered, megabytes, processes: pids.length, closed: (performance.now() - closing) / 1000 }
}
