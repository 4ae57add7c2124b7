import type { Attempt } from '../attempt.ts'
import { all, harmless, prints, refused, refusedBut, sessionLives } from '../judges.ts'

export const processes: readonly Attempt[] = [
  {
    name: 'a list of processes',
    tries: 'looks through `/proc` for the server and for other processes of its user',
    gentle: true,
    code: `
seen = []
for pid in {*pids(), *map(str, OTHERS)}:
    try:
        with open(f'/proc/{pid}/cmdline', 'rb') as file:
            line = file.read()
        if HOST['bystanderMark'].encode() in line or b'vitest' in line:
            seen.append(line)
    except OSError:
        pass
print('seen', seen)
`,
    holds: prints('seen []'),
  },
  {
    name: 'environments of processes',
    tries: 'reads `/proc/*/environ`, where the server has its keys, and `auxv`, `maps`, `stack` and `mem`',
    gentle: true,
    code: `
found = []
own = {str(os.getpid()), 'self', 'thread-self'}
for pid in {*pids(), *map(str, OTHERS)} - own:
    for name in ('environ', 'cmdline', 'maps', 'auxv', 'stack', 'io', 'mem', 'task/' + pid + '/environ'):
        try:
            with open(f'/proc/{pid}/{name}', 'rb') as file:
                if SECRET in file.read(1 << 20):
                    found.append((pid, name))
        except OSError:
            pass
print('found', found)
`,
    holds: prints('found []'),
  },
  {
    name: 'its own environment',
    tries: 'looks at what it was started with',
    gentle: true,
    code: `
known = {'HOME', 'LOGNAME', 'USER', 'PATH', 'PWD', 'LANG', 'TMPDIR', 'MPLBACKEND', 'MPLCONFIGDIR', 'MALLOC_ARENA_MAX', 'LC_CTYPE',
         'HOSTNAME', 'SHLVL', 'OLDPWD', '_', 'OPENBLAS_NUM_THREADS', 'OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'NUMEXPR_MAX_THREADS'}
print('unknown', sorted(set(os.environ) - known))
`,
    holds: prints('unknown []'),
  },
  {
    name: 'descriptors left open',
    tries: 'looks for files and folders of the server among its descriptors',
    code: `
for descriptor in range(1024):
    try:
        it = os.fstat(descriptor)
    except OSError:
        continue
    if not (stat.S_ISFIFO(it.st_mode) or stat.S_ISSOCK(it.st_mode)) and not os.path.samestat(it, os.stat('/dev/null')):
        print('open', descriptor, oct(it.st_mode))
print('looked')
`,
    holds: prints('looked'),
  },
  {
    name: 'signals to the server',
    tries: 'kills the server, its neighbours, its parent and process 1, by pid and by pidfd',
    code: `
for pid in OTHERS:
    for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGKILL):
        attempt(f'kill {pid} {number}', lambda: os.kill(pid, number))
        attempt(f'killpg {pid} {number}', lambda: os.killpg(pid, number) if pid > 1 else None)
    def by_descriptor():
        with os.fdopen(call('pidfd_open', pid, 0)) as it:
            call('pidfd_send_signal', it.fileno(), 9, 0, 0)
    attempt(f'pidfd {pid}', by_descriptor)
`,
    holds: harmless,
  },
  {
    name: 'signals to all',
    tries: 'kills everything that it may kill at all: `kill(-1, SIGKILL)`',
    code: 'os.kill(-1, signal.SIGKILL)\nos.kill(0, signal.SIGKILL)',
    holds: harmless,
  },
  {
    name: 'ptrace',
    tries: 'attaches to its parent, to process 1, to the server and to a neighbour, and lets a child be traced',
    gentle: true,
    code: `
libc.ptrace.argtypes = [ctypes.c_long] * 4
libc.ptrace.restype = ctypes.c_long
for pid in OTHERS:
    for request in (16, 0x4206):  # PTRACE_ATTACH, PTRACE_SEIZE
        attempt(f'attach {request} {pid}', lambda: checked(libc.ptrace(request, pid, 0, 0)))
attempt('traceme', lambda: succeeds(lambda: checked(libc.ptrace(0, 0, 0, 0))))
`,
    holds: refused,
    otherwise: {
      gvisor: { promises: "only processes of the same sandbox, by gVisor's own kernel", holds: harmless },
    },
  },
  {
    name: 'memory of others',
    tries:
      'reads and writes the memory of the server and its neighbours: `process_vm_readv`, `/proc/*/mem`, `pidfd_getfd`',
    gentle: true,
    code: `
room = ctypes.create_string_buffer(64)
class Span(ctypes.Structure):
    _fields_ = [('base', ctypes.c_void_p), ('length', ctypes.c_size_t)]
own = Span(ctypes.addressof(room), 64)
for pid in OTHERS[:2]:
    for base in (0x400000, 0x555555554000, 0x7ffff7ff0000):
        other = Span(base, 64)
        attempt(f'read {pid}', lambda: checked(libc.process_vm_readv(pid, ctypes.byref(own), 1, ctypes.byref(other), 1, 0)))
        attempt(f'write {pid}', lambda: checked(libc.process_vm_writev(pid, ctypes.byref(own), 1, ctypes.byref(other), 1, 0)))
    attempt(f'mem {pid}', lambda: open(f'/proc/{pid}/mem', 'r+b'))
    def descriptor():
        with os.fdopen(call('pidfd_open', pid, 0)) as it:
            return call('pidfd_getfd', it.fileno(), 0, 0)
    attempt(f'pidfd_getfd {pid}', descriptor)
    attempt(f'kcmp {pid}', lambda: call('kcmp', pid, os.getpid(), 0, 0, 0))
    attempt(f'move_pages {pid}', lambda: call('move_pages', pid, 0, 0, 0, 0, 0))
`,
    holds: refused,
  },
  {
    name: 'priorities of others',
    tries: "changes the server's limits, priority and processors, and takes more of all for itself",
    gentle: true,
    code: `
import resource
for pid in OTHERS[:2]:
    attempt(f'prlimit {pid}', lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, 3)))
    attempt(f'setpriority {pid}', lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))
    attempt(f'affinity {pid}', lambda: os.sched_setaffinity(pid, {0}))
    attempt(f'oom_score_adj {pid}', lambda: open(f'/proc/{pid}/oom_score_adj', 'w').write('1000'))
attempt('nice', lambda: os.setpriority(os.PRIO_PROCESS, 0, -20))
attempt('realtime', lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)))
attempt('ioprio', lambda: call('ioprio_set', 1, 0, (1 << 13) | 0))
for name in ('NPROC', 'FSIZE', 'CORE', 'NOFILE', 'DATA'):
    what = getattr(resource, 'RLIMIT_' + name)
    more = resource.getrlimit(what)[1] + 1
    if more: attempt(name, lambda: checked(libc.setrlimit(what, struct.pack('<QQ', more, more))))
`,
    holds: refused,
    otherwise: {
      gvisor: { promises: "an order among its own processes, by gVisor's own kernel", holds: refusedBut('nice') },
    },
  },
  {
    name: 'typing into a terminal',
    tries: 'types a command into the terminal that the server may have been started from (TIOCSTI, TIOCLINUX)',
    gentle: true,
    code: `
for request in (0x5412, 0x541C, 0x1_0000_5412):
    for descriptor in (0, 1, 2):
        attempt(f'{request} {descriptor}', lambda: checked(libc.ioctl(descriptor, ctypes.c_ulong(request), b'i')))
attempt('/dev/tty', lambda: open('/dev/tty', 'r+b', buffering=0))
attempt('ptmx', lambda: os.openpty())
`,
    holds: refused,
    otherwise: {
      gvisor: { promises: "terminals of gVisor's own kernel", holds: refusedBut('ptmx') },
      docker: { promises: "terminals of the container's own", holds: refusedBut('ptmx') },
    },
  },
  {
    name: 'shared memory and queues of the host',
    tries: 'lists and opens System V memory, semaphores and queues, and POSIX queues, which have no files',
    gentle: true,
    code: `
for name in ('shm', 'sem', 'msg'):
    try:
        lines = open('/proc/sysvipc/' + name).read().splitlines()[1:]
    except OSError:
        lines = []
    print('there', name, lines)
`,
    holds: all(prints('there shm []\nthere sem []\nthere msg []'), sessionLives),
  },
]
