import type { Attempt } from '../attempt.ts'
import { all, harmless, refused, refusedBut, sessionLives } from '../judges.ts'

const ownKernel = { promises: "gVisor's own kernel answers; what it grants stays inside", holds: harmless }

export const kernel: readonly Attempt[] = [
  {
    name: 'new namespaces',
    tries:
      'makes user, mount, network, pid, ipc, uts, cgroup and time namespaces by `unshare`, `clone` and `clone3`, to be root in them',
    code: `
flags = dict(user=0x10000000, mount=0x20000, network=0x40000000, pid=0x20000000, ipc=0x8000000, uts=0x4000000, cgroup=0x2000000, time=0x80)
for name, flag in flags.items():
    attempt('unshare ' + name, lambda: succeeds(lambda: checked(libc.unshare(flag))))
    if name == 'time':
        continue  # clone has a signal there
    attempt('unshare user and ' + name, lambda: succeeds(lambda: checked(libc.unshare(flag | flags['user']))))
    def clone():
        child = call('clone', flag | signal.SIGCHLD, 0, 0, 0, 0)
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
    attempt('clone ' + name, clone)
def clone3():
    child = call('clone3', struct.pack('<11Q', flags['user'], 0, 0, 0, signal.SIGCHLD, 0, 0, 0, 0, 0, 0), 88)
    if child == 0:
        os._exit(0)
attempt('clone3', clone3)
`,
    holds: refused,
    otherwise: { gvisor: ownKernel },
  },
  {
    name: 'root of a namespace of its own',
    tries: 'becomes root of a new user namespace if it can, mounts what it can, and reaches for the host from there',
    code: `
def as_root():
    checked(libc.unshare(0x10000000 | 0x20000 | 0x40000000))
    libc.mount(b'proc', b'/proc', b'proc', 0, None)
    libc.mount(b'none', b'/mnt', b'tmpfs', 0, None)
    reach()
    for pid in OTHERS:
        os.kill(pid, signal.SIGKILL)
attempt('as root', lambda: succeeds(as_root))
reach()
`,
    holds: refused,
    otherwise: { gvisor: ownKernel },
  },
  {
    name: "others' namespaces",
    tries: 'enters the namespaces of process 1, of the server and of others with `setns`',
    gentle: true,
    code: `
for pid in OTHERS:
    for name in ('user', 'mnt', 'net', 'pid', 'ipc', 'uts', 'cgroup'):
        def enter():
            file = os.open(f'/proc/{pid}/ns/{name}', os.O_RDONLY)
            try:
                call('setns', file, 0)
            finally:
                os.close(file)
        attempt(f'{pid} {name}', enter)
    def by_descriptor():
        with os.fdopen(call('pidfd_open', pid, 0)) as it:
            call('setns', it.fileno(), 0x20000)
    attempt(f'{pid} by pidfd', by_descriptor)
`,
    holds: refused,
  },
  {
    name: 'mounts',
    tries: 'mounts, binds, remounts and unmounts, by the old calls and the new ones',
    gentle: true,
    code: `
for source, target, kind, flags in ((b'none', b'/mnt', b'tmpfs', 0), (b'proc', b'/proc', b'proc', 0), (b'sysfs', b'/mnt', b'sysfs', 0),
                                    (b'/', b'/mnt', None, 4096), (None, b'/', None, 32 | 4096), (None, b'/usr', None, 32),
                                    (b'/dev/vda', b'/mnt', b'ext4', 0), (b'cgroup', b'/mnt', b'cgroup2', 0),
                                    (b'none', b'/mnt', b'overlay', 0), (b'none', b'/mnt', b'fuse', 0)):
    attempt(f'mount {kind} {flags}', lambda: checked(libc.mount(source, target, kind, flags, None)))
for path in (b'/usr', b'/mnt/data', b'/proc', b'/'):
    attempt(path, lambda: checked(libc.umount2(path, 2)))
attempt('open_tree', lambda: call('open_tree', -100, b'/', 1))
attempt('fsopen', lambda: call('fsopen', b'tmpfs', 0))
attempt('fspick', lambda: call('fspick', -100, b'/', 0))
attempt('move_mount', lambda: call('move_mount', -100, b'/usr', -100, b'/mnt', 0))
attempt('mount_setattr', lambda: call('mount_setattr', -100, b'/', 0, bytes(32), 32))
`,
    holds: refused,
  },
  {
    name: 'another root folder',
    tries: 'changes its root with `chroot` and `pivot_root`, the classic way out of one',
    gentle: true,
    code: `
attempt('chroot', lambda: succeeds(lambda: os.chroot('/mnt/data')))
attempt('pivot_root', lambda: call('pivot_root', b'/mnt', b'/mnt/data'))
def classic():
    here = os.open('/', os.O_RDONLY)
    os.makedirs('/mnt/data/jail', exist_ok=True)
    os.chroot('/mnt/data/jail')
    os.fchdir(here)
    for turn in range(100): os.chdir('..')
    os.chroot('.')
    first_bytes(HOST['secretFiles'][0])
attempt('classic', lambda: succeeds(classic))
`,
    holds: refused,
  },
  {
    name: 'bpf, perf and userfaultfd',
    tries:
      'loads programs into the kernel, counts events of others and holds the kernel at a page: common tools of exploits',
    gentle: true,
    code: `
for command in (0, 5, 9, 17, 18):
    attempt(f'bpf {command}', lambda: call('bpf', command, bytes(128), 128))
attempt('map', lambda: call('bpf', 0, struct.pack('<5I', 2, 4, 8, 1, 0) + bytes(60), 72))
event = struct.pack('<II', 1, 112) + bytes(104)
for pid in (0, -1, *OTHERS[:2]):
    attempt(f'perf {pid}', lambda: call('perf_event_open', event, pid, -1 if pid >= 0 else 0, -1, 0))
for flags in (0, 1, 0o2000000):
    attempt(f'userfaultfd {flags}', lambda: call('userfaultfd', flags))
`,
    holds: refused,
  },
  {
    name: 'io_uring and native asynchronous reading',
    tries: 'opens rings, whose work no filter of system calls sees',
    gentle: true,
    code: `
attempt('io_uring_setup', lambda: call('io_uring_setup', 8, ctypes.create_string_buffer(120)))
attempt('io_setup', lambda: call('io_setup', 8, ctypes.byref(ctypes.c_ulong())))
`,
    holds: refused,
    otherwise: { gvisor: ownKernel },
  },
  {
    name: 'key rings',
    tries: 'reads and adds keys of the user and of the session, which namespaces do not separate',
    gentle: true,
    code: `
attempt('add_key', lambda: call('add_key', b'user', b'evil', b'x', 1, -4))
attempt('request_key', lambda: call('request_key', b'user', b'evil', 0, -4))
for ring in (-1, -2, -3, -4, -5):
    attempt(f'keyctl {ring}', lambda: call('keyctl', 0, ring, 1))
attempt('join', lambda: call('keyctl', 1, 0))
attempt('keys', lambda: look('/proc/keys') or look('/nowhere'))
`,
    holds: refused,
  },
  {
    name: 'the machine itself',
    tries: 'loads modules and kernels, sets clocks and names, swaps, reboots, reads the log, opens ports',
    gentle: true,
    code: `
attempt('init_module', lambda: call('init_module', bytes(64), 64, b''))
attempt('finit_module', lambda: call('finit_module', 0, b'', 0))
attempt('delete_module', lambda: call('delete_module', b'ext4', 0))
attempt('kexec_load', lambda: call('kexec_load', 0, 0, 0, 0))
attempt('kexec_file_load', lambda: call('kexec_file_load', 0, 0, 0, b'', 0))
attempt('settimeofday', lambda: call('settimeofday', bytes(16), 0))
attempt('clock_settime', lambda: time.clock_settime(time.CLOCK_REALTIME, 0))
attempt('sethostname', lambda: socket.sethostname('evil'))
attempt('swapon', lambda: call('swapon', b'/mnt/data', 0))
attempt('reboot', lambda: call('reboot', 0xfee1dead, 672274793, 0x89abcdef, 0))
attempt('acct', lambda: call('acct', b'/mnt/data/acct'))
attempt('quotactl', lambda: call('quotactl', 0x800001 << 8, b'/dev/vda', 0, 0))
attempt('syslog', lambda: call('syslog', 3, ctypes.create_string_buffer(4096), 4096))
attempt('vhangup', lambda: call('vhangup'))
attempt('fanotify_init', lambda: call('fanotify_init', 0, 0))
attempt('iopl', lambda: call('iopl', 3))
attempt('ioperm', lambda: call('ioperm', 0x70, 2, 1))
attempt('modify_ldt', lambda: call('modify_ldt', 1, bytes(16), 16))
`,
    holds: refused,
    otherwise: { gvisor: { promises: "the log of gVisor's own kernel", holds: refusedBut('syslog') } },
  },
  {
    name: 'personalities',
    tries: 'turns off randomised addresses and asks for other faces of the kernel',
    gentle: true,
    code: `
for what in (0x0040000, 0x0400000, 0x0100000, 0x0200000, 8, 6, 0x8000000):
    attempt(hex(what), lambda: checked(libc.personality(ctypes.c_ulong(what))))
`,
    holds: refused,
    otherwise: { gvisor: ownKernel },
  },
  {
    name: 'calls of another architecture',
    tries: 'makes 32-bit calls (`int 0x80`) and x32 calls, whose numbers mean something else to a filter',
    gentle: true,
    code: String.raw`
def run_machine_code(code):
    room = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    room.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(room))
    result = ctypes.CFUNCTYPE(ctypes.c_int)(address)()
    if result < 0:
        raise OSError(-result, 'refused')
def x32():
    checked(libc.syscall(ctypes.c_long(0x40000000 | 39)))
if X86:
    attempt('getpid by int 0x80', lambda: succeeds(lambda: run_machine_code(b'\xb8\x14\x00\x00\x00\xcd\x80\xc3')))
    attempt('unshare by int 0x80', lambda: succeeds(lambda: run_machine_code(
        b'\x53\xbb\x00\x00\x00\x10\xb8\x36\x01\x00\x00\xcd\x80\x5b\xc3')))
    attempt('getpid by x32', lambda: succeeds(x32))
else:
    print('refused as there are none here')
`,
    holds: refused,
    otherwise: { gvisor: ownKernel },
  },
  {
    name: 'calls nobody knows yet',
    tries: 'makes every system call from 457 to 600 and some far away, in case one of them does something',
    gentle: true,
    code: `
def unknown(number):
    checked(libc.syscall(ctypes.c_long(number), 0, 0, 0, 0, 0, 0))
def all_of_them():
    for number in (*range(457, 600), 0x1fffffff, 0x3fffffff):
        attempt(number, lambda: unknown(number))
if in_child(all_of_them):
    print('it broke off')
`,
    holds: refused,
  },
  {
    name: 'undoing the filter',
    tries: 'installs a filter that allows everything, and takes back that it gave up new rights',
    code: `
class Program(ctypes.Structure):
    _fields_ = [('length', ctypes.c_ushort), ('instructions', ctypes.c_char_p)]
allow = Program(1, struct.pack('<HBBI', 6, 0, 0, 0x7fff0000))
libc.prctl(22, 2, ctypes.byref(allow), 0, 0)
libc.prctl(22, 0, 0, 0, 0)
attempt('no_new_privs', lambda: checked(libc.prctl(38, 0, 0, 0, 0)))
attempt('unshare', lambda: succeeds(lambda: checked(libc.unshare(0x10000000))))
attempt('ptrace', lambda: checked(libc.ptrace(16, HOST['serverPid'], 0, 0)))
reach()
`,
    holds: refused,
    otherwise: { gvisor: ownKernel },
  },
  {
    name: 'a dump of memory',
    tries: 'crashes, so that the kernel writes its memory somewhere or runs a program on the host',
    code: `
import resource
print('limit', resource.getrlimit(resource.RLIMIT_CORE))
child = os.fork()
if child == 0:
    os.chdir('/mnt/data')
    os.kill(os.getpid(), signal.SIGSEGV)
    os._exit(0)
print('dumped', os.WCOREDUMP(os.waitpid(child, 0)[1]))
print('files', os.listdir('/mnt/data'))
`,
    holds: all(({ logs }) => {
      if (logs !== 'limit (0, 0)\ndumped False\nfiles []\n') throw new Error(logs)
    }, sessionLives),
  },
]
