import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { ensureSandbox } from '../../../scripts/ensure-sandbox.ts'
import { processesNaming } from '../../../test/support/processes-naming.ts'
import { createBubblewrap } from './bubblewrap.ts'
import { findGroupBases } from './cgroup-base.ts'

const parts = await ensureSandbox()

const limits = { memoryMegabytes: 256, processes: 24, cores: 1, diskMegabytes: 32, seconds: 10, outputBytes: 100_000 }

/** A server that starts one sandbox, and passes on what it says. */
function serve(program: string, stdio: (number | 'pipe' | 'ignore')[] = []): ChildProcess {
  const code = `
    import { createBubblewrap } from ${JSON.stringify(new URL('./bubblewrap.ts', import.meta.url).href)}
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    const options = { python: '/usr/bin/python3', limits: ${JSON.stringify(limits)}, log, program: ['-I', '-c', ${JSON.stringify(program)}] }
    const session = await createBubblewrap(options).start()
    session.stdout.pipe(process.stdout)
    session.stderr.pipe(process.stderr)`
  const args = ['--input-type=module', '--no-warnings', '--eval', code]
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit', ...stdio] })
}

async function groupsOf(pid: number | undefined): Promise<string[]> {
  const bases = await findGroupBases()
  const names = await Promise.all(bases.map(({ folder }) => readdir(folder)))
  return names.flat().filter((name) => name.startsWith('reprise.') && name.includes(`-${pid}-`))
}

describe.skipIf('missing' in parts)('a server with a sandbox', () => {
  test('leaves nothing of it when it is killed', async () => {
    const mark = randomUUID()
    const server = serve(`# ${mark}
import os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(60)
print('up', flush=True)
time.sleep(60)`)
    await once(server.stdout ?? server, 'data')
    expect((await processesNaming(mark)).length).toBeGreaterThan(2)
    server.kill('SIGKILL')
    await once(server, 'exit')
    await expect.poll(() => processesNaming(mark), { timeout: 5000, interval: 10 }).toEqual([])

    const log = { debug() {}, info() {}, warn() {}, error() {} }
    await createBubblewrap({ python: '/usr/bin/python3', limits, log }).tidy()
    expect(await groupsOf(server.pid)).toEqual([])
  })

  test('keeps descriptors to itself that it found open when it started', async () => {
    const file = openSync(import.meta.filename, 'r')
    const stdio = Array.from({ length: 60 }, (_, place) => (place === 59 ? file : ('ignore' as const)))
    const server = serve(
      `
import os
for folder in ('/proc/self/fd', '/proc/1/fd'):
    for name in os.listdir(folder):
        try:
            print(os.readlink(f'{folder}/{name}'))
        except FileNotFoundError:
            pass`,
      stdio,
    )
    closeSync(file)
    let seen = ''
    server.stdout?.on('data', (chunk) => {
      seen += chunk
    })
    await once(server, 'close')
    expect(seen).toContain('socket:')
    expect(seen).not.toContain('server-death')
  })
})
