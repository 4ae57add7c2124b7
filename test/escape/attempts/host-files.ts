import type { Attempt } from '../attempt.ts'
import { prints, refused, refusedBut } from '../judges.ts'

export const hostFiles: readonly Attempt[] = [
  {
    name: 'files of the host',
    tries: "opens files that everybody on the host may read, in `/tmp`, `/dev/shm` and the server's data folder",
    gentle: true,
    code: `
for path in HOST['secretFiles']:
    attempt(path, lambda: first_bytes(path))
for path in HOST['secretFolders']:
    attempt(path, lambda: os.listdir(path))
`,
    holds: refused,
  },
  {
    name: 'places where secrets lie',
    tries: "looks into `/etc/shadow`, `/root`, `/home`, `/var`, `/run`, `/boot`, the server's own folder and others",
    gentle: true,
    code: `
for path in ('/etc/shadow', '/etc/gshadow', '/etc/sudoers', '/etc/ssh', '/etc/machine-id', '/etc/hosts', '/etc/hostname',
             '/etc/resolv.conf', '/etc/fstab', '/etc/crontab', '/root', '/boot', '/opt', '/srv', '/media', '/var/log',
             '/var/lib', '/var/spool', '/var/backups', '/run', '/var/run', '/lost+found', HOST['folder']):
    attempt(path, lambda: look(path))
attempt('/home', lambda: look('/home') if set(os.listdir('/home')) - {'sandbox'} else look('/nowhere'))
`,
    holds: refused,
    otherwise: {
      docker: { promises: "the image's own system, nothing of the host's", holds: ({ end }) => void end },
    },
  },
  {
    name: 'ways around',
    tries:
      'goes to the same files through `..`, `/proc/*/root`, `/proc/*/cwd`, `/proc/*/fd`, `/dev/fd` and descriptors of folders',
    gentle: true,
    code: `
for path in HOST['secretFiles']:
    for start in ('/mnt/data/../../..', '/..', '/proc/self/root', '/proc/self/cwd/../..', '/proc/1/root', '/proc/1/cwd/..',
                  '/proc/thread-self/root', *(f'/proc/{pid}/root' for pid in OTHERS), *(f'/proc/{pid}/cwd/../../..' for pid in OTHERS)):
        attempt(start, lambda: first_bytes(start + path))
    def from_descriptor():
        folder = os.open('/', os.O_RDONLY | os.O_DIRECTORY)
        try:
            return os.open('../../..' + path, os.O_RDONLY, dir_fd=folder)
        finally:
            os.close(folder)
    attempt('descriptor', from_descriptor)
for number in range(64):
    for start in ('/proc/self/fd', '/dev/fd', '/proc/1/fd'):
        def beside(): return os.listdir(f'{start}/{number}/..')
        attempt(f'{start}/{number}', beside)
`,
    holds: refused,
  },
  {
    name: 'a search of everything',
    tries: 'reads every file it can find and looks for secrets of the host and of other sessions',
    gentle: true,
    code: "print('found', search())",
    holds: prints('found []'),
  },
  {
    name: 'files by their handles',
    tries: 'opens files by inode with `open_by_handle_at`, which knows no folders',
    gentle: true,
    code: `
folder = os.open('/usr', os.O_RDONLY)
for number in range(2, 40):
    handle = struct.pack('<Ii', 8, 1) + struct.pack('<II', number, 0)
    attempt(number, lambda: call('open_by_handle_at', folder, handle, os.O_RDONLY))
os.close(folder)
room = ctypes.create_string_buffer(struct.pack('<Ii', 128, 0) + bytes(128))
attempt('name_to_handle_at', lambda: call('name_to_handle_at', -100, b'/usr', room, ctypes.byref(ctypes.c_int()), 0))
`,
    holds: refused,
  },
  {
    name: 'writing to the system',
    tries: 'changes programs, libraries, `/etc` and the root folder, by any means that a file knows',
    gentle: true,
    code: `
import sysconfig
python = sysconfig.get_path('stdlib')
for path in ('/usr/bin/evil', '/bin/sh', '/usr/bin/env', '/etc/ld.so.preload', '/etc/passwd', '/etc/evil', '/evil', '/lib/evil',
             python + '/sitecustomize.py', os.__file__, '/usr/lib/python3/dist-packages/evil.pth', '/usr/local/evil', '/var/evil'):
    attempt(path, lambda: open(path, 'ab'))
attempt('chmod', lambda: os.chmod('/usr/bin/env', 0o777))
attempt('utime', lambda: os.utime('/usr/bin/env'))
attempt('unlink', lambda: os.unlink('/usr/bin/env'))
attempt('rename', lambda: os.rename('/usr/bin/env', '/usr/bin/env2'))
attempt('link', lambda: os.link('/usr/bin/env', '/mnt/data/env'))
attempt('mkdir', lambda: os.mkdir('/usr/evil'))
attempt('symlink', lambda: os.symlink('/mnt/data', '/usr/evil'))
attempt('setxattr', lambda: os.setxattr('/usr/bin/env', 'user.evil', b'1'))
attempt('truncate', lambda: os.truncate('/usr/bin/env', 0))
def map_to_write():
    with open('/usr/bin/env', 'rb') as file:
        mmap.mmap(file.fileno(), 4096, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
attempt('mmap', map_to_write)
`,
    holds: refused,
  },
  {
    name: 'devices',
    tries: 'opens disks, memory, terminals and other devices, and makes device nodes of its own',
    gentle: true,
    code: `
def look_at_device(path):
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return os.read(descriptor, 10)
    finally:
        os.close(descriptor)
for name in ('mem', 'kmem', 'port', 'kmsg', 'vda', 'sda', 'nvme0n1', 'loop0', 'loop-control', 'fuse', 'kvm', 'vsock', 'vhost-net',
             'net/tun', 'userfaultfd', 'tty', 'tty0', 'ttyS0', 'console', 'ptmx', 'pts/0', 'input', 'snd', 'dri', 'mapper/control',
             'uinput', 'rtc', 'hwrng', 'btrfs-control', 'autofs', 'cpu/0/msr', 'zram0'):
    attempt(name, lambda: look_at_device('/dev/' + name))
for kind, major, minor in ((stat.S_IFBLK, 254, 0), (stat.S_IFBLK, 8, 0), (stat.S_IFCHR, 1, 1), (stat.S_IFCHR, 10, 229)):
    attempt('mknod', lambda: os.mknod('/mnt/data/node', kind | 0o600, os.makedev(major, minor)))
    attempt('to read the node', lambda: look_at_device('/mnt/data/node'))
    if os.path.exists('/mnt/data/node'): os.unlink('/mnt/data/node')
`,
    holds: refused,
    otherwise: {
      gvisor: {
        promises: "nodes may be made, but gVisor's own kernel has no device for them",
        holds: refusedBut('mknod'),
      },
    },
  },
]
