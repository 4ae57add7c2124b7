import { randomUUID } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { ensureSandbox } from '../../../scripts/ensure-sandbox.ts'
import { processesNaming } from '../../../test/support/processes-naming.ts'
import { SandboxFailure } from '../../ports/sandbox.ts'
import { createBubblewrap } from './bubblewrap.ts'
import { openCgroups } from './cgroup.ts'
import { absentCalls, forbiddenCalls, numberOf } from './system-calls.ts'

const parts = await ensureSandbox()

const limits = { memoryMegabytes: 256, processes: 24, cores: 1, diskMegabytes: 32, seconds: 10, outputBytes: 100_000 }
const log = { debug() {}, info() {}, warn() {}, error() {} }
const { controllers } = await openCgroups()
const noGroups = () => openCgroups({ proc: '/nowhere' })

type Changes = Partial<Parameters<typeof createBubblewrap>[0]>

function start(program: string, changes: Changes = {}) {
  const python = '/usr/bin/python3'
  return createBubblewrap({ python, limits, log, program: ['-I', '-c', program], ...changes }).start()
}

/** Runs a program inside to its end. */
async function run(program: string, changes: Changes = {}) {
  const process = await start(program, changes)
  process.stdin.end()
  const [stdout, stderr, { outOfMemory }] = await Promise.all([
    text(process.stdout),
    text(process.stderr),
    process.gone,
  ])
  return { stdout, stderr, outOfMemory }
}

/** What a program says that is to say what it sees, as JSON. */
async function see(program: string, changes?: Changes) {
  const { stdout, stderr } = await run(`import json, os\n${program}`, changes)
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

describe.skipIf('missing' in parts)('bubblewrap', () => {
  test('has an ordinary user without capabilities, who cannot get any', async () => {
    const seen = await see(`
status = dict(line.split(':', 1) for line in open('/proc/self/status'))
print(json.dumps([os.getuid(), os.getgid(), os.getgroups(), *[status[name].strip() for name in
  ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp')]]))`)
    const none = '0000000000000000'
    expect(seen).toEqual([1000, 1000, [], none, none, none, none, none, '1', '2'])
  })

  test('shows the system and the folders of the session, nothing else', async () => {
    const seen = await see(`
print(json.dumps({path: sorted(os.listdir(path)) for path in ('/', '/etc', '/dev', '/mnt', '/home', '/mnt/data', '/tmp')}))`)
    expect(seen['/'].filter((name: string) => !/^s?bin$|^lib/.test(name))).toEqual(
      ['dev', 'etc', 'home', 'mnt', 'proc', 'tmp', 'usr', 'var'].filter((name) => seen['/'].includes(name)),
    )
    const settings = ['alternatives', 'fonts', 'group', 'ld.so.cache', 'matplotlibrc', 'passwd']
    expect(settings).toEqual(expect.arrayContaining(seen['/etc']))
    expect(seen['/dev'].sort()).toEqual(
      ['fd', 'full', 'null', 'random', 'shm', 'stderr', 'stdin', 'stdout', 'urandom', 'zero'].sort(),
    )
    expect([seen['/home'], seen['/mnt/data'], seen['/tmp']]).toEqual([['sandbox'], [], []])
  })

  test('shows no process but its own, and passes nothing of the server on', async () => {
    const seen = await see(`
processes = [name for name in os.listdir('/proc') if name.isdigit()]
def link(name):
    try:
        return os.readlink('/proc/self/fd/' + name)
    except FileNotFoundError:
        return '/dev/null' # it was the one that the folder was read with
descriptors = [link(name) for name in os.listdir('/proc/self/fd') if int(name) > 2]
print(json.dumps([processes, sorted(os.environ), descriptors]))`)
    expect(seen[0]).toEqual(['1', '2'])
    expect(seen[1].filter((name: string) => !/_(?:NUM|MAX)_?(?:THREADS|ARENA)|^MALLOC/.test(name))).toEqual(
      ['HOME', 'LANG', 'LOGNAME', 'MPLBACKEND', 'MPLCONFIGDIR', 'PATH', 'PWD', 'TMPDIR', 'USER'].filter((name) =>
        seen[1].includes(name),
      ),
    )
    expect(seen[2].filter((path: string) => path !== '/dev/null')).toEqual([])
  })

  test('can be written to in the folders of the session only', async () => {
    const seen = await see(`
def written(folder):
    try:
        open(folder + '/x', 'w').close()
        return True
    except OSError:
        return False
folders = ('/', '/etc', '/usr', '/usr/lib', '/usr/local', '/dev', '/home', '/proc', '/var', '/mnt/data', '/tmp', '/dev/shm', os.environ['HOME'])
print(json.dumps([folder for folder in folders if written(folder)]))`)
    expect(seen).toEqual(['/mnt/data', '/tmp', '/dev/shm', '/home/sandbox'])
  })

  test('answers system calls as its filter says, all of them', async () => {
    const architecture = process.arch === 'arm64' ? 'arm64' : 'x64'
    const numbers = (calls: object) =>
      Object.values(calls)
        .map((call) => numberOf(call, architecture))
        .filter((number) => number !== null)
    const [forbidden, absent] = [numbers(forbiddenCalls), numbers(absentCalls)]
    const seen = await see(`
import ctypes, errno, socket
libc = ctypes.CDLL(None, use_errno=True)
def call(*arguments):
    ctypes.set_errno(0)
    return libc.syscall(*arguments, *[0] * (7 - len(arguments))) == -1 and errno.errorcode[ctypes.get_errno()]
def family(number):
    try:
        socket.socket(number, socket.SOCK_DGRAM).close()
        return 'open'
    except OSError as error:
        return errno.errorcode[error.errno]
print(json.dumps([
    sorted({call(number) for number in ${JSON.stringify(forbidden)}}),
    sorted({call(number) for number in ${JSON.stringify(absent)}}),
    sorted({family(number) for number in range(2, 46)}),
    family(socket.AF_UNIX),
]))`)
    expect(seen).toEqual([['EPERM'], ['ENOSYS'], ['EAFNOSUPPORT'], 'open'])
  })

  test.skipIf(process.arch !== 'x64')('kills what calls in another way', async () => {
    const seen = await see(`
import ctypes
child = os.fork()
if child == 0:
    ctypes.CDLL(None).syscall(0x40000000 | 39)
    os._exit(0)
print(json.dumps(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))`)
    expect(seen).toBe(-31) // SIGSYS
  })

  test.each([
    ['a control group', {}],
    ['no control group', { findCgroups: noGroups }],
  ])('bounds processes, with %s', async (_, changes) => {
    const seen = await see(
      `
import time
count = 0
try:
    while count < 200:
        if os.fork() == 0:
            time.sleep(9)
            os._exit(0)
        count += 1
except BlockingIOError:
    pass
print(json.dumps(count), flush=True)
os._exit(0)`,
      changes,
    )
    expect(seen).toBe(limits.processes - 1)
  })

  test('bounds all files together', async () => {
    const seen = await see(`
written = 0
try:
    while True:
        folder = ('/mnt/data', '/tmp', '/dev/shm', os.environ['HOME'])[written % 4]
        with open(f'{folder}/{written}', 'wb') as file:
            file.write(bytes(1 << 20))
        written += 1
except OSError as error:
    print(json.dumps([written, error.errno]))`)
    expect(seen).toEqual([limits.diskMegabytes, 28]) // ENOSPC
  })

  test('bounds one file, holes and all', async () => {
    const seen = await see(`
try:
    open('/mnt/data/sparse', 'wb').truncate(1 << 40)
except OSError as error:
    print(json.dumps(error.errno))`)
    expect(seen).toBe(27) // EFBIG
  })

  test('tells one process that asks for too much memory, which lives', async () => {
    const seen = await see(`
try:
    bytes(1 << 29)
except MemoryError:
    print(json.dumps('lives'))`)
    expect(seen).toBe('lives')
  })

  test.each([
    ['a control group', {}],
    ['no control group', { findCgroups: noGroups }],
  ])('ends what takes too much memory in other ways, with %s', async (_, changes) => {
    const { stdout, outOfMemory } = await run(
      `
import mmap, time
kept = []
for _ in range(100):
    kept.append(mmap.mmap(-1, 1 << 23))
    kept[-1].write(bytes(1 << 23))
    time.sleep(0.005)
print('all of it')`,
      changes,
    )
    expect({ stdout, outOfMemory }).toEqual({ stdout: '', outOfMemory: true })
  })

  test.skipIf(!controllers.has('memory'))('tells children that took too much from the end of the session', async () => {
    const program = (last: string) => `
import mmap, os
child = os.fork()
if child == 0:
    kept = []
    while True:
        kept.append(mmap.mmap(-1, 1 << 23))
        kept[-1].write(bytes(1 << 23))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
${last}`
    expect(await run(program('os._exit(3)'))).toMatchObject({ stdout: '-9\n', outOfMemory: false })
  })

  test('bounds the number of files where no control group counts what they take', async () => {
    const { stdout, outOfMemory } = await run(
      `
import os
for number in range(3_000_000):
    os.close(os.open(f'/mnt/data/{number}', os.O_CREAT))
print('all of them')`,
      { findCgroups: noGroups },
    )
    expect({ stdout, outOfMemory }).toEqual({ stdout: '', outOfMemory: true })
  })

  test('bounds processor time', async () => {
    const seen = await see(
      `
import time
if os.cpu_count() > 1: os.fork()
end = time.monotonic() + 0.6
while time.monotonic() < end:
    pass
if os.getpid() == 2:
    os.wait()
    times = os.times()
    print(json.dumps(times.user + times.system + times.children_user + times.children_system))`,
      { limits: { ...limits, cores: 0.5 } },
    )
    expect(seen).toBeLessThan(controllers.has('cpu') ? 0.5 : 1)
  })

  test('keeps to its processor cores where no control group bounds its time', async () => {
    const seen = await see(
      `
try:
    os.sched_setaffinity(0, range(os.cpu_count()))
except PermissionError:
    print(json.dumps(len(os.sched_getaffinity(0))))`,
      { findCgroups: noGroups },
    )
    expect(seen).toBe(1)
  })

  test('killed, leaves nothing', async () => {
    const mark = randomUUID()
    const process = await start(`# ${mark}
import os, signal, time
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        break
print('up', flush=True)
time.sleep(60)`)
    await new Promise((resolve) => process.stdout.once('data', resolve))
    expect((await processesNaming(mark)).length).toBeGreaterThan(3)
    process.kill()
    await process.gone
    expect(await processesNaming(mark)).toEqual([])
  })

  test('ended by itself, leaves no child behind either', async () => {
    const mark = randomUUID()
    const { stdout } = await run(`# ${mark}
import os, time
if os.fork() == 0:
    os.setsid()
    for descriptor in range(3):
        os.close(descriptor)
    time.sleep(60)
print('up')`)
    expect(stdout).toBe('up\n')
    expect(await processesNaming(mark)).toEqual([])
  })

  test('says that a Python is not there', async () => {
    const started = start('', { python: '/usr/bin/python-of-nobody' })
    await expect(started).rejects.toThrow(new SandboxFailure('There is no Python at /usr/bin/python-of-nobody'))
  })
})
