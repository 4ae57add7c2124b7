import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Sandbox, SandboxSession } from '../../src/ports/sandbox.ts'
import type { Attempt, Outcome } from './attempt.ts'
import { attempts } from './attempts/all.ts'
import { type Bait, layBait } from './bait.ts'
import { limits } from './limits.ts'
import { play, run } from './play.ts'
import { prelude } from './prelude.ts'
import { scenes } from './scenes.ts'
import { expectGone, leftovers, processesOfSandboxes } from './traces.ts'

/** However busy the machine is with what an attempt does. */
const answerSeconds = 10
const attemptTimeout = 90_000
const sceneTimeout = 180_000

/** Every attempt and every scene on one sandbox; beside it a neighbour keeps computing. */
export function describeEscapes(sandbox: Sandbox): void {
  let bait: Bait
  let neighbour: SandboxSession
  let shared: SandboxSession | undefined

  beforeAll(async () => {
    bait = await layBait()
    neighbour = await open()
    await run(
      neighbour,
      `secret = ${JSON.stringify(bait.secret)}\nfor path in ('/mnt/data', TEMPORARY):\n    open(path + '/mine.txt', 'w').write(secret)`,
    )
  }, 60_000)

  afterAll(async () => {
    expect(process.resourceUsage().maxRSS / 1024, 'MiB that the server ever had').toBeLessThan(800)
    const seen = await sandboxProcesses()
    await sandbox.close()
    await bait[Symbol.asyncDispose]()
    await expectGone(seen)
    expect(await leftovers()).toEqual([])
  }, 60_000)

  async function open(): Promise<SandboxSession> {
    const session = await sandbox.open({ signal: AbortSignal.timeout(60_000) })
    expect(await run(session, prelude(bait.known))).toMatchObject({ logs: '', end: 'completed' })
    return session
  }

  async function sandboxProcesses() {
    return processesOfSandboxes([bait.known.bystanderPid])
  }

  async function neighbourAnswers(): Promise<void> {
    const { logs, seconds } = await run(neighbour, '1 + 1')
    expect(logs).toBe('2\n')
    expect(seconds).toBeLessThan(answerSeconds)
  }

  async function sharedSession(): Promise<SandboxSession> {
    const isOver = await Promise.race([shared?.ended ?? 'none', Promise.resolve(undefined)])
    if (isOver !== undefined || shared === undefined) shared = await open()
    return shared
  }

  async function attemptIn(session: SandboxSession, attempt: Attempt): Promise<void> {
    const [outcome] = await Promise.all([play(session, limits, attempt), neighbourAnswers()])
    judge(attempt, outcome)
    expect(secretIn(outcome)).toBe(false)
  }

  function judge(attempt: Attempt, outcome: Outcome): void {
    const { holds } = attempt.otherwise?.[sandbox.kind] ?? attempt
    try {
      holds(outcome)
    } catch (error) {
      const { logs, end, ended, seconds, peakMegabytes, files, placed } = outcome
      const seen = { logs: logs.slice(0, 3000), end, ended, seconds, peakMegabytes, files: files?.slice(0, 20), placed }
      throw new Error(`It did not fail as it should: ${JSON.stringify(seen, null, 1)}`, { cause: error })
    }
  }

  function secretIn({ logs, contents }: Outcome): boolean {
    return logs.includes(bait.secret) || [...contents.values()].some((bytes) => bytes?.includes(bait.secret))
  }

  async function attemptAlone(attempt: Attempt): Promise<void> {
    const before = await sandboxProcesses()
    const session = await open()
    let seen = await sandboxProcesses()
    try {
      await attemptIn(session, attempt)
    } finally {
      seen = [...seen, ...(await sandboxProcesses())].filter(({ pid }) => !before.some((it) => it.pid === pid))
      await session.close()
    }
    await expectGone(seen)
  }

  describe.each(Object.entries(attempts))('%s', (_, some) => {
    test.each(some.map((attempt) => [attempt.name, attempt] as const))(
      '%s',
      { timeout: attemptTimeout },
      async (_, attempt) => {
        if (attempt.gentle) await attemptIn(await sharedSession(), attempt)
        else await attemptAlone(attempt)
        await neighbourAnswers()
        await bait.check()
      },
    )
  })

  describe('Sessions', () => {
    test.each(scenes.map((scene) => [scene.name, scene] as const))(
      '%s',
      { timeout: sceneTimeout },
      async (_, scene) => {
        await scene.play({ sandbox, open, bait })
        await neighbourAnswers()
        await bait.check()
      },
    )
  })
}
