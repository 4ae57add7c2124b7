import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ensureGvisor, ensureSandbox } from '../../../scripts/ensure-sandbox.ts'
import { missing } from '../../../scripts/missing-part.ts'
import { processesNaming } from '../../../test/support/processes-naming.ts'
import { noLog } from '../../../test/support/sandbox-sessions.ts'
import { createGvisor } from './gvisor.ts'
import { createLandlock } from './landlock.ts'

const folder = await mkdtemp(join(tmpdir(), 'reprise-test-'))
afterAll(() => rm(folder, { recursive: true }))
const dataLink = join(folder, 'data')
await symlink('/proc/self/cwd', dataLink)

const limits = { memoryMegabytes: 128, processes: 24, cores: 1, diskMegabytes: 32, seconds: 10, outputBytes: 100_000 }
const options = { python: '/usr/bin/python3', limits, dataLink }

/** A server that starts a sandbox with a process that left its parent, and passes on what it says. */
function serve(kind: string, mark: string) {
  const program = `# ${mark}
import os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(60)
print('up', flush=True)
time.sleep(60)`
  const code = `
    import * as module from ${JSON.stringify(new URL(`./${kind}.ts`, import.meta.url).href)}
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    const [create] = Object.values(module)
    const session = await create({ ...${JSON.stringify({ ...options, program: ['-I', '-c', program] })}, log }).start()
    session.stdout.pipe(process.stdout)
    session.stderr.pipe(process.stderr)`
  const args = ['--input-type=module', '--no-warnings', '--eval', code]
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function foldersOf(kind: string, pid: number | undefined): Promise<string[]> {
  const names = await readdir(tmpdir())
  return names.filter((name) => name.startsWith(`reprise-${kind}.`) && name.includes(`-${pid}-`))
}

/** What is missing for Landlock, nobody can install. */
async function findLandlock() {
  const landlock = createLandlock({ ...options, log: noLog, program: ['-c', 'print(1)'] })
  try {
    const session = await landlock.start()
    const [said] = await Promise.all([session.stdout.toArray(), session.gone])
    return said.length > 0 ? {} : missing('Landlock')
  } catch (error) {
    return missing(`Landlock: ${error}`)
  }
}

const python = await ensureSandbox()

describe.each([
  ['gvisor', createGvisor, await ensureGvisor()],
  ['landlock', createLandlock, await findLandlock()],
] as const)('a server with %s', (kind, create, parts) => {
  test.skipIf('missing' in parts || 'missing' in python)(
    'leaves nothing of it when it is killed',
    async () => {
      const mark = randomUUID()
      const server = serve(kind, mark)
      await once(server.stdout, 'data')
      const [left = 'no folder'] = await foldersOf(kind, server.pid)
      const running = async () => [...(await processesNaming(mark)), ...(await processesNaming(left))]
      expect((await running()).length).toBeGreaterThan(1)
      server.kill('SIGKILL')
      await once(server, 'exit')
      await expect.poll(running, { timeout: 5000, interval: 10 }).toEqual([])

      await create({ ...options, log: noLog }).tidy()
      expect(await foldersOf(kind, server.pid)).toEqual([])
    },
    20_000,
  )
})
