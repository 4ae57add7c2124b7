/** What the probe asks for: things that a sandbox must not reach. */
export interface Forbidden {
  /** Files and folders of this machine. */
  readonly paths: readonly string[]
  /** Where somebody listens on 127.0.0.1. */
  readonly port: number
}

/** Python that tries what a sandbox must not let through, and says in one line of JSON how far it came. */
export function probeCode({ paths, port }: Forbidden): string {
  return `
import importlib.metadata, json, os, socket, sys
def _attempt(action):
    try:
        action()
        return True
    except OSError:
        return False
def _connect(kind, address):
    with socket.socket(socket.AF_INET, kind) as s:
        s.settimeout(1)
        s.connect(address)
def _write(folder):
    path = os.path.join(folder, '.reprise-probe')
    open(path, 'w').close()
    os.unlink(path)
def _processes():
    try:
        return sum(name.isdigit() for name in os.listdir('/proc'))
    except OSError:
        return 0
def _status(name):
    try:
        with open('/proc/self/status') as status:
            return next(line.split()[1] for line in status if line.startswith(name + ':'))
    except (OSError, StopIteration):
        return None
def _version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
print(json.dumps({
    'uid': os.getuid(),
    'capabilities': _status('CapEff'),
    'processes': _processes(),
    'read': [path for path in ${python(paths)} if _attempt(lambda: os.close(os.open(path, os.O_RDONLY)))],
    'written': [folder for folder in ('/', '/etc', '/usr', '/usr/local', '/dev') if _attempt(lambda: _write(folder))],
    'connected': [name for name, kind, address in (
        ('this machine', socket.SOCK_STREAM, ('127.0.0.1', ${port})),
        ('others', socket.SOCK_DGRAM, ('192.0.2.1', 9)),
    ) if _attempt(lambda: _connect(kind, address))],
    'kept': _attempt(lambda: _write('.')),
    'python': sys.version.split()[0],
    'packages': {name: _version(name) for name in ('numpy', 'pandas', 'matplotlib')},
}))
`
}

/** JSON of texts and numbers is Python as well. */
function python(value: readonly string[]): string {
  return JSON.stringify(value)
}

/** Takes memory that is given back to nobody until `megabytes` are had, and waits to be ended for it. */
export function hungryCode(megabytes: number): string {
  return `
import mmap, time
_kept = []
for _ in range(${Math.ceil(megabytes / 8)}):
    _kept.append(mmap.mmap(-1, 1 << 23))
    _kept[-1].write(b'x' * (1 << 23))
time.sleep(3)
`
}
