import { expect } from 'vitest'
import type { Attempt } from '../attempt.ts'
import { prints, refused, refusedBut } from '../judges.ts'

export const privileges: readonly Attempt[] = [
  {
    name: 'capabilities',
    tries: 'looks for capabilities, and sets some',
    gentle: true,
    code: String.raw`
header, sets = struct.pack('<Ii', 0x20080522, 0), ctypes.create_string_buffer(24)
checked(libc.capget(header, sets))
print('has', sets.raw.strip(b'\0'))
print('new privileges', 'yes' if libc.prctl(39, 0, 0, 0, 0) == 0 else 'no')
for number in (0, 7, 12, 19, 21):
    attempt(f'capset {number}', lambda: call('capset', header, struct.pack('<6I', 1 << number, 1 << number, 0, 0, 0, 0)))
    attempt(f'ambient {number}', lambda: checked(libc.prctl(47, 2, number, 0, 0)))
`,
    holds: ({ logs }) => {
      const [has, privileges, ...attempts] = logs.trimEnd().split('\n')
      expect([has, privileges]).toEqual(["has b''", 'new privileges no'])
      expect(attempts.filter((line) => !line.startsWith('refused '))).toEqual([])
    },
    otherwise: {
      gvisor: {
        promises: 'none either; it does not say that no new ones can be had',
        holds: ({ logs }) => {
          expect(logs).toMatch(/^has b''$/m)
          expect(logs).not.toContain('DONE')
        },
      },
    },
  },
  {
    name: 'other users',
    tries: 'becomes root and other users and groups',
    gentle: true,
    code: `
for number in (0, 1, 33, 65534, 1001, 20000):
    attempt(f'setuid {number}', lambda: os.setuid(number))
    attempt(f'setresuid {number}', lambda: os.setresuid(-1, number, -1))
    attempt(f'setgid {number}', lambda: os.setgid(number))
    attempt(f'setgroups {number}', lambda: os.setgroups([number]))
    attempt(f'chown {number}', lambda: os.chown('/mnt/data', number, number))
print('refused to be root' if os.geteuid() and os.getuid() and os.getegid() and 0 not in os.getgroups() else 'DONE root')
`,
    holds: refused,
  },
  {
    name: 'programs that make root',
    tries: 'runs every setuid program there is (`su`, `mount`, `passwd`, `newgrp`, …), and makes one',
    gentle: true,
    code: `
import glob, shutil
found = []
for pattern in ('/usr/bin/*', '/usr/sbin/*', '/usr/lib/*/*helper*', '/usr/lib/openssh/*', '/usr/libexec/*'):
    found += [path for path in glob.glob(pattern) if os.path.isfile(path) and os.stat(path).st_mode & 0o6000]
print('there are some' if found else 'there are none')
lines = {'su': ['-c', 'id -u'], 'sudo': ['-n', 'id', '-u'], 'mount': ['-t', 'tmpfs', 'x', '/mnt'], 'umount': ['/usr'], 'pkexec': ['id', '-u'],
         'newgrp': ['root'], 'passwd': ['-d', 'root'], 'chsh': ['-s', '/bin/sh'], 'chfn': ['-f', 'x'], 'gpasswd': ['-a', 'sandbox', 'root']}
started = []
for path in found:
    try:
        started.append((path, subprocess.Popen([path, *lines.get(os.path.basename(path), [])], stdin=subprocess.DEVNULL,
                                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)))
    except OSError:
        print('refused', path)
patience = time.monotonic() + 1
for path, program in started:
    def finish():
        try:
            text = program.communicate(timeout=max(0, patience - time.monotonic()))[0]
        except subprocess.TimeoutExpired:
            program.kill()
            raise OSError(errno.EAGAIN, 'it waits')
        if program.returncode != 0 or text.strip() not in (b'', b'0'):
            raise OSError(errno.EPERM, 'refused')
    attempt(path, finish)
def own():
    shutil.copy('/usr/bin/id', '/mnt/data/id')
    os.chmod('/mnt/data/id', 0o6755)
    done = subprocess.run(['/mnt/data/id', '-u'], capture_output=True)
    os.unlink('/mnt/data/id')
    if done.stdout.strip() != b'0':
        raise OSError(errno.EPERM, 'not root')
attempt('own', own)
`,
    holds: ({ logs, end, answersAfter }) => {
      const [, ...lines] = logs.trimEnd().split('\n')
      expect(lines.filter((line) => !line.startsWith('refused '))).toEqual([])
      expect({ end, answersAfter }).toEqual({ end: 'completed', answersAfter: true })
    },
  },
  {
    name: 'writing to /proc',
    tries: 'writes to sysrq, `core_pattern`, `modprobe`, other sysctls, `uid_map` and scores of others',
    gentle: true,
    code: `
for path, text in (('sysrq-trigger', 'b'), ('sys/kernel/core_pattern', '|/mnt/data/evil'), ('sys/kernel/modprobe', '/mnt/data/evil'),
                   ('sys/kernel/hostname', 'evil'), ('sys/kernel/sysrq', '1'), ('sys/kernel/randomize_va_space', '0'),
                   ('sys/kernel/yama/ptrace_scope', '0'), ('sys/vm/drop_caches', '3'), ('sys/vm/overcommit_memory', '1'),
                   ('sys/fs/binfmt_misc/register', ':evil:M::evil::/bin/sh:'), ('sys/net/ipv4/ip_forward', '1'),
                   ('self/uid_map', '0 0 1'), ('self/gid_map', '0 0 1'), ('self/setgroups', 'allow'), ('self/loginuid', '0'),
                   ('self/oom_score_adj', '-1000'), ('1/mem', 'x'), ('irq/default_smp_affinity', '1'),
                   ('mtrr', 'x'), ('acpi/wakeup', 'x'), ('kcore', 'x'), ('kmsg', 'x'), ('timer_stats', '1'), ('latency_stats', '1')):
    attempt(path, lambda: os.write(os.open('/proc/' + path, os.O_WRONLY), text.encode()))
`,
    holds: refused,
    otherwise: {
      gvisor: { promises: "its own score, in gVisor's own kernel", holds: refusedBut('self/oom_score_adj') },
    },
  },
  {
    name: 'reading secrets of the kernel',
    tries:
      'reads its memory, its log, addresses of its functions, its keys and its command line from `/proc` and `/sys`',
    gentle: true,
    code: String.raw`
def read(path):
    text = first_bytes(path)
    if not text.strip(b'0 \n') or text.startswith((b'0000000000000000 ', b'00000000-00000000 ')):
        raise OSError(errno.ENODATA, 'nothing')
    return text
for path in ('/proc/kcore', '/proc/kmsg', '/proc/kallsyms', '/proc/keys', '/proc/sched_debug', '/proc/timer_list', '/proc/vmallocinfo',
             '/proc/slabinfo', '/proc/iomem', '/proc/config.gz', '/proc/modules', '/proc/cmdline', '/sys/kernel/notes',
             '/sys/kernel/debug', '/sys/kernel/tracing/trace', '/sys/firmware/dmi/tables/DMI', '/sys/class/dmi/id/product_serial'):
    attempt(path, lambda: look(path) if os.path.isdir(path) else read(path))
`,
    holds: refused,
    otherwise: {
      gvisor: {
        promises: "files that gVisor's own kernel makes up, which say nothing of the host",
        holds: ({ logs }) => expect(logs).toMatch(/^refused \/proc\/kmsg/m),
      },
      docker: {
        promises: "the engine leaves the kernel's command line and how it was built to be read",
        holds: refusedBut('/proc/config.gz', '/proc/cmdline', '/sys/kernel/notes'),
      },
    },
  },
  {
    name: 'control groups',
    tries: 'leaves its control group or widens it, and registers a program that the host runs (`release_agent`)',
    gentle: true,
    code: `
groups = []
try:
    groups = [line.split(':')[-1] for line in open('/proc/self/cgroup').read().splitlines()]
except OSError:
    pass
for top in ('/sys/fs/cgroup', '/sys/fs/cgroup/memory', '/sys/fs/cgroup/pids', '/sys/fs/cgroup/unified', '/cgroup'):
    for group in {'', *groups}:
        for name, text in (('cgroup.procs', str(os.getpid())), ('tasks', str(os.getpid())), ('release_agent', '/mnt/data/evil'),
                           ('memory.max', 'max'), ('memory.limit_in_bytes', '-1'), ('pids.max', 'max'), ('cgroup.kill', '1')):
            attempt(top + group + '/' + name, lambda: os.write(os.open(f'{top}{group}/{name}', os.O_WRONLY), text.encode()))
    attempt('mkdir ' + top, lambda: os.mkdir(top + '/evil'))
`,
    holds: refused,
  },
  {
    name: 'writing to /sys',
    tries: 'changes power states, hot plug helpers, processors and kernel settings through `/sys`',
    gentle: true,
    code: `
for path, text in (('power/state', 'mem'), ('kernel/uevent_helper', '/mnt/data/evil'), ('devices/system/cpu/cpu1/online', '0'),
                   ('kernel/mm/transparent_hugepage/enabled', 'never'), ('kernel/security/apparmor/.remove', 'x'),
                   ('kernel/kexec_crash_size', '0'), ('block/vda/uevent', 'add'), ('bus/pci/rescan', '1'), ('fs/selinux/enforce', '0')):
    attempt(path, lambda: os.write(os.open('/sys/' + path, os.O_WRONLY), text.encode()))
`,
    holds: refused,
  },
  {
    name: 'what a session leaves for the next',
    tries: 'plants a start-up file, a preloaded library and programs on the path, for sessions that come later',
    code: `
import site
home = os.environ['HOME']
for path in (home + '/.bashrc', home + '/.profile', home + '/.pythonrc', site.getusersitepackages() + '/usercustomize.py',
             site.getusersitepackages() + '/evil.pth', home + '/.config/matplotlib/matplotlibrc', '/tmp/evil.so', '/dev/shm/evil',
             '/mnt/data/numpy.py', '/mnt/data/sitecustomize.py'):
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        open(path, 'w').write('import os; os.write(1, b"planted")')
    except OSError:
        pass
os.environ['LD_PRELOAD'] = '/tmp/evil.so'
print('planted')
`,
    holds: prints('planted'),
  },
]
