import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Sandbox, SandboxSession } from '../../src/ports/sandbox.ts'
import type { Bait } from './bait.ts'
import { busyCode } from './busy-code.ts'
import { run } from './play.ts'
import { expectGone, leftovers, processesOfSandboxes } from './traces.ts'

/** A row of the same table that is not code alone: what comes of it is seen in several sessions, or from outside. */
export interface Scene {
  readonly name: string
  readonly tries: string
  play(stage: Stage): Promise<void>
}

interface Stage {
  readonly sandbox: Sandbox
  open(): Promise<SandboxSession>
  readonly bait: Bait
}

const never = new AbortController().signal

export const scenes: readonly Scene[] = [
  {
    name: 'a port of its own',
    tries: 'listens for whoever connects from the host or from outside',
    async play({ open }) {
      const session = await open()
      const port = 40_000 + (process.pid % 20_000)
      const listening = run(
        session,
        `it = socket.socket()\nit.bind(('0.0.0.0', ${port}))\nit.listen()\nprint('listens', flush=True)\nit.settimeout(1)\nit.accept()`,
      )
      const socket = connect(port, '127.0.0.1')
      await expect(once(socket, 'connect')).rejects.toThrow('ECONNREFUSED')
      expect((await listening).end).toBe('raised')
      await session.close()
    },
  },
  {
    name: "another session's things",
    tries: 'looks for variables, files and processes that another session has, or that one before it left',
    async play({ open, bait }) {
      const first = await open()
      await run(first, plant(bait.secret))
      const second = await open()
      expect(await run(second, lookAround)).toMatchObject({ logs: 'found []\n' })
      await first.close()
      const third = await open()
      expect(await run(third, lookAround)).toMatchObject({ logs: 'found []\n' })
      await Promise.all([second.close(), third.close()])
    },
  },
  {
    name: 'killed in the middle',
    tries: 'has programs, threads and files everywhere when its session is closed',
    async play({ open, bait }) {
      const before = await processesOfSandboxes([bait.known.bystanderPid])
      const leftBefore = (await leftovers()).length
      const session = await open()
      const running = session.run(busyCode, { signal: never })[Symbol.asyncIterator]()
      expect(await running.next()).toMatchObject({ value: { type: 'logs' } })
      const seen = await newProcesses(before, bait)
      expect(seen.length).toBeGreaterThan(0)
      await session.close()
      await expectGone(seen)
      expect(await newProcesses(before, bait)).toEqual([])
      expect((await leftovers()).length).toBe(leftBefore)
      expect(await running.next()).toMatchObject({ value: { type: 'end', reason: 'session' } })
    },
  },
  {
    name: 'without its server',
    tries: 'goes on after its server was killed by SIGKILL, with all that it started',
    async play({ sandbox }) {
      const server = await startLoneServer(sandbox.kind)
      const seen = await processesOfSandboxes([], server.pid)
      expect(seen.length).toBeGreaterThan(0)
      server.kill('SIGKILL')
      await expectGone(seen)
      const next = await startLoneServer(sandbox.kind)
      next.kill('SIGTERM')
      await once(next, 'exit')
      expect(await leftovers(`-${server.pid}-`)).toEqual([])
    },
  },
  {
    name: 'given up while it starts',
    tries: 'is wanted no more at ten moments of its start',
    async play({ sandbox, bait }) {
      const before = await processesOfSandboxes([bait.known.bystanderPid])
      const leftBefore = (await leftovers()).length
      const moments = [0, 1, 5, 10, 20, 40, 60, 80, 100, 150]
      await Promise.allSettled(
        moments.map(async (ms) => {
          const session = await sandbox.open({ signal: AbortSignal.timeout(ms) })
          await session.close()
        }),
      )
      expect(await newProcesses(before, bait)).toEqual([])
      expect((await leftovers()).length).toBe(leftBefore)
    },
  },
  {
    name: '100 sessions at once',
    tries: 'opens 100 sessions that all compute, print and write files at the same time',
    async play({ sandbox, bait }) {
      const before = await processesOfSandboxes([bait.known.bystanderPid])
      const opened = await Promise.allSettled(Array.from({ length: 100 }, () => sandbox.open({ signal: never })))
      const sessions = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
      expect(sessions.length).toBe(100)
      const answers = await Promise.all(
        sessions.map((session, number) =>
          run(session, `open('${number}', 'w').write('x')\nimport os\nprint(os.listdir('.'), ${number} ** 2)`),
        ),
      )
      expect(answers.map(({ logs }) => logs)).toEqual(sessions.map((_, number) => `['${number}'] ${number ** 2}\n`))
      await Promise.all(sessions.map((session) => session.close()))
      expect(await newProcesses(before, bait)).toEqual([])
    },
  },
]

/** A server of its own with a session that is busy. SIGTERM ends it properly. */
async function startLoneServer(kind: string): Promise<ChildProcess & { pid: number }> {
  const program = join(import.meta.dirname, 'lone-server.ts')
  const child = spawn(process.execPath, [program, kind], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const { pid = 0 } = child
  return Object.assign(child, { pid })
}

function plant(secret: string): string {
  return `
secret = ${JSON.stringify(secret)}
for folder in ('/mnt/data', TEMPORARY, '/dev/shm', os.environ['HOME'], '/var/tmp'):
    try:
        open(folder + '/planted.py', 'w').write(secret)
    except OSError:
        pass
os.environ['PLANTED'] = secret
subprocess.Popen(['sleep', '1000'], env={'SECRET': secret})`
}

const lookAround = `
found = search()
for name in ('secret', 'planted'):
    if name in globals() or name in sys.modules:
        found.append(name)
found += [it for it in os.environ.values() if SECRET.decode() in it]
found += [it for it in os.listdir('/mnt/data') + os.listdir(TEMPORARY) if 'planted' in it]
for pid in pids():
    try:
        if SECRET in open(f'/proc/{pid}/environ', 'rb').read():
            found.append(pid)
    except OSError:
        pass
print('found', found)`

async function newProcesses(before: Awaited<ReturnType<typeof processesOfSandboxes>>, bait: Bait) {
  const now = await processesOfSandboxes([bait.known.bystanderPid])
  return now.filter(({ pid, start }) => !before.some((it) => it.pid === pid && it.start === start))
}
