import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureSandbox } from '../../../scripts/ensure-sandbox.ts'
import { missing } from '../../../scripts/missing-part.ts'
import { processesNaming } from '../../../test/support/processes-naming.ts'
import { noLog } from '../../../test/support/sandbox-sessions.ts'
import { SandboxFailure } from '../../ports/sandbox.ts'
import { openCgroups } from './cgroup.ts'
import { createLandlock } from './landlock.ts'
import { serverMark } from './server-mark.ts'

const limits = { memoryMegabytes: 128, processes: 24, cores: 1, diskMegabytes: 32, seconds: 10, outputBytes: 100_000 }
const ungrouped = { findCgroups: () => openCgroups({ proc: '/nowhere' }) }

const folder = await mkdtemp(join(tmpdir(), 'reprise-test-'))
await chmod(folder, 0o755) // so that nothing but the sandbox is in the way
const dataLink = join(folder, 'data')
await symlink('/proc/self/cwd', dataLink)
afterAll(() => rm(folder, { recursive: true }))

type Changes = Partial<Parameters<typeof createLandlock>[0]>

function start(program: string, changes: Changes = {}) {
  const given = { python: '/usr/bin/python3', limits, log: noLog, program: ['-I', '-c', program], dataLink }
  return createLandlock({ ...given, ...changes }).start()
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

/** Only a kernel can have it, so nobody can be asked to install it. */
async function findLandlock() {
  if ('missing' in (await ensureSandbox())) return missing('Landlock: Python')
  try {
    await see('print(1)')
    return {}
  } catch (error) {
    return missing(`Landlock: ${error}`)
  }
}

const parts = await findLandlock()
const foldersHere = async () =>
  (await readdir(tmpdir())).filter((name) => name.startsWith(`reprise-landlock.${serverMark()}.`))

describe.skipIf('missing' in parts)('Landlock', { timeout: 30_000 }, () => {
  beforeAll(() => writeFile(join(folder, 'secret'), 'read by everyone', { mode: 0o644 }))

  test('has a user of its own without capabilities or groups', async () => {
    const [uid, groups] = await see('print(json.dumps([os.getuid(), os.getgroups()]))')
    expect(uid).toBeGreaterThan(60_000)
    expect(groups).toEqual([])
  })

  test('gives each session an empty folder under one name', async () => {
    const write = `open('${dataLink}/x', 'x').close(); print(json.dumps([os.listdir('.'), os.getcwd()]))`
    const [first, second] = await Promise.all([see(write), see(write)])
    expect([first[0], second[0]]).toEqual([['x'], ['x']])
    expect(first[1]).not.toBe(second[1])
    expect(await foldersHere()).toEqual([])
  })

  test('lets nothing be read but the system and its own files', async () => {
    const seen = await see(`
def read(path):
    try:
        os.close(os.open(path, os.O_RDONLY))
        return True
    except OSError:
        return False
paths = ('${folder}/secret', '/etc/passwd', '/etc/shadow', '/', '/tmp', '/root', '/home', '/proc', '/proc/self/environ',
    '/proc/1/cmdline', '/sys', '/dev', '/dev/shm', '/dev/tty', '/run', '/usr/lib', '/dev/urandom', '.')
print(json.dumps([path for path in paths if read(path)]))`)
    expect(seen).toEqual(['/usr/lib', '/dev/urandom', '.'])
  })

  test('lets nothing be written but its own files', async () => {
    const seen = await see(`
def written(folder):
    try:
        open(folder + '/x', 'w').close()
        return True
    except OSError:
        return False
folders = ('${folder}', '/', '/etc', '/usr', '/tmp', '/var/tmp', '/dev', '/dev/shm', '/proc', '/run/lock', '..')
print(json.dumps([[folder for folder in folders if written(folder)],
    [written(folder) for folder in ('.', os.environ['HOME'], os.environ['TMPDIR'])]]))`)
    expect(seen).toEqual([[], [true, true, true]])
  })

  test('has no sockets but pairs, no queues, no namespaces, and cannot outlive its parent', async () => {
    const seen = await see(`
import ctypes, errno, socket
libc = ctypes.CDLL(None, use_errno=True)
def call(function, *arguments):
    return function(*arguments) == -1 and errno.errorcode[ctypes.get_errno()]
def family(number):
    try:
        socket.socket(number, socket.SOCK_DGRAM).close()
        return 'open'
    except OSError as error:
        return errno.errorcode[error.errno]
socket.socketpair()
print(json.dumps([
    sorted({family(number) for number in range(1, 46)}),
    call(libc.mq_open, b'/x', 0o102, 0o600, None), call(libc.inotify_init1, 0),
    call(libc.unshare, 0x10000000), call(libc.prctl, 1, 0)]))`)
    expect(seen).toEqual([['EAFNOSUPPORT'], 'ENOSYS', 'ENOSYS', 'EPERM', 'EPERM'])
  })

  test('cannot reach other processes', async () => {
    const seen = await see(`
import resource
def attempt(action):
    try:
        action()
        return 'done'
    except OSError as error:
        return type(error).__name__
print(json.dumps([attempt(lambda: os.kill(${process.pid}, 0)), attempt(lambda: os.kill(os.getppid(), 9)),
    attempt(lambda: os.setpriority(os.PRIO_PROCESS, ${process.pid}, 5)),
    attempt(lambda: resource.prlimit(${process.pid}, resource.RLIMIT_CORE, (0, 0)))]))`)
    expect(seen).toEqual(['PermissionError', 'PermissionError', 'PermissionError', 'PermissionError'])
  })

  test.each([
    ['a control group', {}],
    ['no control group', ungrouped],
  ])('bounds processes, with %s', async (_, changes) => {
    const seen = await see(
      `
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
os._exit(0)`,
      changes,
    )
    expect(seen).toBe(limits.processes - 1)
  })

  test.each([
    ['much', `for n in range(6): open(str(n), 'wb').write(bytes(8 << 20))`],
    ['many', `for n in range(30_000): open(str(n), 'x').close()`],
    ['deep', `for n in range(3000): os.mkdir('x'); os.chdir('x')`],
  ])('ends what writes too %s files, and removes them', async (_, write) => {
    const { stdout } = await run(`import os, time\n${write}\ntime.sleep(10)\nprint('all of it')`)
    expect(stdout).toBe('')
    expect(await foldersHere()).toEqual([])
  })

  test('bounds one file', async () => {
    const seen = await see(`
try:
    open('sparse', 'wb').truncate(1 << 40)
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
    ['no control group', ungrouped],
  ])('ends what takes too much memory in other ways, with %s', async (_, changes) => {
    const { stdout, outOfMemory } = await run(
      `
import mmap, time
kept = []
for _ in range(60):
    kept.append(mmap.mmap(-1, 1 << 23))
    kept[-1].write(bytes(1 << 23))
    time.sleep(0.005)
time.sleep(5)
print('all of it')`,
      changes,
    )
    expect({ stdout, outOfMemory }).toEqual({ stdout: '', outOfMemory: true })
  })

  test.each([
    ['killed', 'time.sleep(60)', true],
    ['ended by itself', 'os._exit(0)', false],
  ])('%s, leaves nothing', async (_, last, killed) => {
    const mark = randomUUID()
    const started = await start(`# ${mark}
import os, signal, time
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        time.sleep(60)
print('up', flush=True)
${last}`)
    await new Promise((resolve) => started.stdout.once('data', resolve))
    if (killed) started.kill()
    await expect(started.gone).resolves.toEqual({ outOfMemory: false })
    expect(await processesNaming(mark)).toEqual([])
    expect(await foldersHere()).toEqual([])
  })

  test('says that a Python is not there', async () => {
    const started = start('', { python: '/usr/bin/python-of-nobody' })
    await expect(started).rejects.toThrow(new SandboxFailure('There is no Python at /usr/bin/python-of-nobody'))
  })

  test('says which link is missing', async () => {
    const started = start('', { dataLink: '/usr' })
    await expect(started).rejects.toThrow(/Landlock needs \/usr to lead to .*: as root, run `ln -s /)
  })
})
