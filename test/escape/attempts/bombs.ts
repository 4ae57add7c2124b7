import type { Attempt } from '../attempt.ts'
import { all, atMost, ends, harmless, memoryHeld, stoppedInTime } from '../judges.ts'

const processesHeld = atMost('got', ({ processes }) => processes + 2)
const anyEnd = ends(['completed', 'raised', 'timeout', 'session'], ['memory', 'unresponsive', 'exited'])

export const bombs: readonly Attempt[] = [
  {
    name: 'a fork bomb that counts',
    tries: 'makes as many processes as it can, each of which sleeps',
    code: `
children = []
try:
    while len(children) < 3000:
        child = os.fork()
        if child == 0:
            time.sleep(1000)
            os._exit(0)
        children.append(child)
except OSError as error:
    print('stopped', errno.errorcode[error.errno])
print('got', len(children))
for child in children:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
`,
    holds: all(processesHeld, anyEnd),
  },
  {
    name: 'a fork bomb that doubles',
    tries: 'forks in every process, for ever',
    code: `
while True:
    try:
        os.fork()
    except OSError:
        pass
`,
    holds: stoppedInTime,
    otherwise: {
      gvisor: {
        promises: 'the same, or its memory is at an end first',
        holds: ends(['timeout', 'session'], ['unresponsive', 'memory', 'exited']),
      },
    },
  },
  {
    name: 'a fork bomb of the shell',
    tries: 'runs `:(){ :|:& };:`',
    code: "subprocess.run(['sh', '-c', ':(){ :|:& };:'], stderr=subprocess.DEVNULL)\nwhile True: time.sleep(1)",
    holds: stoppedInTime,
    otherwise: {
      gvisor: {
        promises: 'the same, or its memory is at an end first',
        holds: ends(['timeout', 'session'], ['unresponsive', 'memory', 'exited']),
      },
    },
  },
  {
    name: 'a bomb of orphans',
    tries: 'makes processes that leave their parent, session and group, so that nobody finds them',
    code: `
def leave():
    for turn in range(200):
        if os.fork():
            os._exit(0)
        os.setsid()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    while True:
        time.sleep(1)
for number in range(20):
    try:
        child = os.fork()
    except OSError:
        break
    if child == 0:
        leave()
    os.waitpid(child, 0)
print('done')
`,
    holds: anyEnd,
  },
  {
    name: 'a bomb of threads',
    tries: 'starts as many threads as it can',
    code: `
count, stop = 0, threading.Event()
try:
    for count in range(5000):
        threading.Thread(target=stop.wait, daemon=True).start()
except RuntimeError:
    pass
print('got', count)
stop.set()
`,
    holds: all(processesHeld, anyEnd),
  },
  {
    name: 'memory, by one process',
    tries: 'takes memory until there is none',
    code: `
blocks = []
while True:
    blocks.append(b'x' * (8 << 20))
`,
    holds: all(ends(['raised', 'session'], ['memory', 'exited']), memoryHeld),
  },
  {
    name: 'memory, by many processes',
    tries: 'takes memory in 25 processes, each of them within what one may have',
    code: `
children = []
for number in range(25):
    try:
        child = os.fork()
    except OSError:
        break
    if child == 0:
        try:
            block = b'x' * (150 << 20)
            time.sleep(20)
        finally:
            os._exit(0)
    children.append(child)
time.sleep(1)
`,
    holds: all(anyEnd, memoryHeld),
  },
  {
    name: 'memory that is shared',
    tries: 'takes anonymous shared memory, which counts for no process, and lets go of those that have it',
    code: `
held = []
while True:
    block = mmap.mmap(-1, 16 << 20, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)
    for place in range(0, 16 << 20, 4096):
        block[place] = 1
    held.append(block)
    if len(held) > 1000:
        break
`,
    holds: all(ends(['raised', 'session', 'timeout'], ['memory', 'exited', 'unresponsive']), memoryHeld),
  },
  {
    name: 'memory without a process',
    tries: 'keeps memory in `memfd`, System V segments and message queues, which outlive who made them',
    code: `
total = 0
def remember():
    global total
    file = call('memfd_create', b'x', 0)
    for turn in range(128):
        total += os.write(file, b'x' * (8 << 20))
def segments():
    global total
    for number in range(128):
        place = call('shmget', 0, 8 << 20, 0o1600)
        libc.shmat.restype = ctypes.c_void_p
        address = libc.shmat(place, None, 0)
        ctypes.memset(address, 1, 8 << 20)
        libc.shmdt(ctypes.c_void_p(address))
        total += 8 << 20
attempt('memfd', remember)
attempt('memfd_secret', lambda: call('memfd_secret', 0))
attempt('segments', segments)
attempt('queue', lambda: call('msgget', 0, 0o1600))
attempt('mq_open', lambda: checked(libc.syscall(CALLS['mq_open'][0 if X86 else 1], b'evil', os.O_CREAT | os.O_RDWR, 0o600, None)))
print('got', total >> 20)
`,
    holds: all(
      atMost('got', ({ memoryMegabytes, diskMegabytes }) => memoryMegabytes + diskMegabytes),
      anyEnd,
    ),
  },
  {
    name: "memory of the kernel's",
    tries: 'fills pipes and sockets, whose buffers belong to the kernel, in many processes',
    code: `
def fill():
    held = []
    for number in range(2000):
        left, right = os.pipe()
        held += [left, right]
        os.set_blocking(right, False)
        try:
            fcntl.fcntl(right, 1031, 1 << 20)  # F_SETPIPE_SZ
        except OSError:
            pass
        os.write(right, b'x' * (1 << 20))
children = []
for number in range(20):
    try:
        child = os.fork()
    except OSError:
        break
    if child == 0:
        try:
            fill()
        except OSError:
            time.sleep(1)
        finally:
            os._exit(0)
    children.append(child)
for child in children:
    os.waitpid(child, 0)
print('done')
`,
    holds: all(anyEnd, memoryHeld),
  },
  {
    name: 'a deep recursion',
    tries: 'calls itself until the stack is at an end, in Python and in C',
    code: `
sys.setrecursionlimit(10 ** 9)
def deeper(): return deeper()
deeper()
`,
    holds: ends(['raised', 'session', 'timeout'], ['exited', 'memory', 'unresponsive']),
  },
  {
    name: 'all processors',
    tries: 'computes in every process it may have, while others want to compute too',
    code: `
for number in range(30):
    try:
        if os.fork() == 0:
            while True: pass
    except OSError:
        break
while True: pass
`,
    holds: all(stoppedInTime, harmless),
  },
]
