import { randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { text } from 'node:stream/consumers'
import { describe, expect, test, vi } from 'vitest'
import { ensureGvisor, ensureSandbox } from '../../../scripts/ensure-sandbox.ts'
import { processesNaming } from '../../../test/support/processes-naming.ts'
import { noLog } from '../../../test/support/sandbox-sessions.ts'
import { SandboxFailure } from '../../ports/sandbox.ts'
import { openCgroups } from './cgroup.ts'
import { createGvisor } from './gvisor.ts'
import { serverMark } from './server-mark.ts'

const parts = await ensureGvisor()
const python = await ensureSandbox()

const limits = { memoryMegabytes: 128, processes: 24, cores: 1, diskMegabytes: 32, seconds: 10, outputBytes: 100_000 }
const ungrouped = { findCgroups: () => openCgroups({ proc: '/nowhere' }) }

type Changes = Partial<Parameters<typeof createGvisor>[0]>

function start(program: string, changes: Changes = {}) {
  const given = { python: '/usr/bin/python3', limits, log: noLog, program: ['-I', '-c', program] }
  return createGvisor({ ...given, ...changes }).start()
}

/** Runs a program inside to its end. */
async function run(program: string, changes: Changes = {}) {
  const { stdin, stdout, stderr, gone } = await start(program, changes)
  stdin.end()
  const [said, complaints, { outOfMemory }] = await Promise.all([text(stdout), text(stderr), gone])
  return { stdout: said, stderr: complaints, outOfMemory }
}

/** What a program says that is to say what it sees, as JSON. */
async function see(program: string, changes?: Changes) {
  const { stdout, stderr } = await run(`import json, os\n${program}`, changes)
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

const foldersHere = async () =>
  (await readdir(tmpdir())).filter((name) => name.startsWith(`reprise-gvisor.${serverMark()}.`))

describe.skipIf('missing' in parts || 'missing' in python)('gVisor', { timeout: 30_000 }, () => {
  test('has an ordinary user without capabilities', async () => {
    const seen = await see(`
status = dict(line.split(':', 1) for line in open('/proc/self/status'))
print(json.dumps([os.getuid(), os.getgid(), os.getgroups(), *[status[name].strip() for name in
  ('CapInh', 'CapPrm', 'CapEff', 'CapBnd')]]))`)
    const none = '0000000000000000'
    expect(seen).toEqual([1000, 1000, [], none, none, none, none])
  })

  test('shows the system and the folders of the session, no other process, and nothing of the server', async () => {
    const seen = await see(`
print(json.dumps([
    *[sorted(os.listdir(path)) for path in ('/etc', '/home', '/mnt/data', '/tmp', '/root') if os.path.exists(path)],
    [name for name in os.listdir('/proc') if name.isdigit()],
    sorted(os.environ)]))`)
    const [etc, home, data, temporary, processes, environment] = seen
    expect(['alternatives', 'fonts', 'group', 'ld.so.cache', 'matplotlibrc', 'passwd']).toEqual(
      expect.arrayContaining(etc),
    )
    expect([home, data, temporary, processes]).toEqual([['sandbox'], [], [], ['1']])
    expect(environment).toEqual(expect.arrayContaining(['HOME', 'PATH', 'TMPDIR']))
    expect(environment.join()).not.toMatch(/NODE|VITEST|REPRISE/)
  })

  test('can be written to in the folders of the session only', async () => {
    const seen = await see(`
def written(folder):
    try:
        open(folder + '/x', 'w').close()
        return True
    except OSError:
        return False
print(json.dumps([folder for folder in (
    '/', '/etc', '/usr', '/usr/lib', '/usr/local', '/dev', '/home', '/proc', '/proc/sys/kernel', '/sys', '/var',
    '/mnt/data', '/tmp', '/var/tmp', '/dev/shm', os.environ['HOME'], os.environ['TMPDIR']) if written(folder)]))`)
    expect(seen).toEqual(['/mnt/data', '/tmp', '/var/tmp', '/dev/shm', '/home/sandbox', '/mnt/tmp'])
  })

  test('has no network', async () => {
    const seen = await see(`
import socket
def reach(kind, address):
    try:
        with socket.socket(socket.AF_INET, kind) as s:
            s.settimeout(2)
            s.connect(address)
        return True
    except OSError:
        return False
print(json.dumps([reach(socket.SOCK_STREAM, ('192.0.2.1', 80)), reach(socket.SOCK_DGRAM, ('192.0.2.1', 53))]))`)
    expect(seen).toEqual([false, false])
  })

  test('bounds processes', async () => {
    const seen = await see(`
import time
count = 0
try:
    while count < 200:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        count += 1
except BlockingIOError:
    pass
print(json.dumps(count), flush=True)
os._exit(0)`)
    expect(seen).toBe(limits.processes - 1)
  })

  test('bounds all files together', async () => {
    const seen = await see(`
written = 0
for folder in ('/mnt/data', '/tmp', '/var/tmp', '/dev/shm', os.environ['HOME']):
    try:
        while True:
            with open(f'{folder}/{written}', 'wb') as file:
                file.write(bytes(1 << 20))
            written += 1
    except OSError as error:
        assert error.errno == 28 # ENOSPC
print(json.dumps(written))`)
    expect(seen).toBe(limits.diskMegabytes)
  })

  test('tells one process that asks for too much memory, which lives', async () => {
    const seen = await see(`
try:
    bytes(1 << 30)
except MemoryError:
    print(json.dumps('lives'))`)
    expect(seen).toBe('lives')
  })

  test.each([
    ['a control group', {}],
    ['no control group', ungrouped],
  ])('ends processes that take too much memory together, with %s', async (_, changes) => {
    const { stdout, outOfMemory } = await run(
      `
import os, time
for _ in range(8):
    if os.fork() == 0:
        kept = [bytearray(b'x' * (1 << 20)) for _ in range(120)]
        time.sleep(20)
        os._exit(0)
time.sleep(10)
print('all of it')`,
      changes,
    )
    expect({ stdout, outOfMemory }).toEqual({ stdout: '', outOfMemory: true })
  })

  test.each([
    ['a control group', {}],
    ['no control group', ungrouped],
  ])('killed, leaves nothing, with %s', async (_, changes) => {
    const started = await start(
      `
import os, signal, time
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        break
print('up', flush=True)
time.sleep(60)`,
      changes,
    )
    await new Promise((resolve) => started.stdout.once('data', resolve))
    const [folder = ''] = await foldersHere()
    expect((await processesNaming(folder)).length).toBeGreaterThan(1)
    started.kill()
    await expect(started.gone).resolves.toEqual({ outOfMemory: false })
    expect(await processesNaming(folder)).toEqual([])
    expect(await foldersHere()).toEqual([])
  })

  test('two run at once', async () => {
    const both = [randomUUID(), randomUUID()].map((name) => run(`open('/mnt/data/${name}', 'x'); print('${name}')`))
    const names = (await Promise.all(both)).map(({ stdout }) => stdout)
    expect(new Set(names).size).toBe(2)
  })

  test('says that a Python is not there', async () => {
    const started = start('', { python: '/usr/bin/python-of-nobody' })
    await expect(started).rejects.toThrow(new SandboxFailure('There is no Python at /usr/bin/python-of-nobody'))
  })
})

test('without its program there is no session', async () => {
  vi.stubEnv('PATH', '/nowhere')
  await expect(start('')).rejects.toThrow(/gVisor (?:is not installed|needs Linux)/)
  vi.unstubAllEnvs()
})
