/** What the attempts know of the host: where its things are, never what is in them. */
export interface KnownOfHost {
  /** Files whose content is secret. */
  readonly secretFiles: readonly string[]
  /** Folders that hold them. */
  readonly secretFolders: readonly string[]
  /** What all secrets begin with. */
  readonly secretStart: string
  /** Family, address and port of listeners. */
  readonly tcp: readonly (readonly [family: number, address: string, port: number])[]
  readonly udp: readonly (readonly [family: number, address: string, port: number])[]
  readonly socketFile: string
  /** Name of an abstract socket, without the zero in front. */
  readonly abstractSocket: string
  /** Names of network interfaces but the loopback. */
  readonly interfaces: readonly string[]
  readonly serverPid: number
  /** Another process of the server's user, with a secret in its environment. */
  readonly bystanderPid: number
  /** A word in the bystander's command line. */
  readonly bystanderMark: string
  /** Where the server runs. */
  readonly folder: string
}

/** Python that attempts begin with. */
export function prelude(host: KnownOfHost): string {
  return `import json
HOST = json.loads(${JSON.stringify(JSON.stringify(host))})
${definitions}`
}

const definitions = String.raw`
import ctypes, errno, fcntl, mmap, os, platform, select, signal, socket, stat, struct, subprocess, sys, threading, time

libc = ctypes.CDLL(None, use_errno=True)
X86 = platform.machine() == 'x86_64'
OTHERS = [HOST['serverPid'], HOST['bystanderPid'], os.getppid(), 1]
SECRET = HOST['secretStart'].encode()
TEMPORARY = os.environ.get('TMPDIR', '/tmp')

CALLS = dict(  # x86-64, arm64
    pivot_root=(155, 41), setns=(308, 268), clone=(56, 220), clone3=(435, 435), bpf=(321, 280),
    perf_event_open=(298, 241), userfaultfd=(323, 282), io_uring_setup=(425, 425), io_setup=(206, 0),
    keyctl=(250, 219), add_key=(248, 217), request_key=(249, 218), kexec_load=(246, 104), kexec_file_load=(320, 294),
    init_module=(175, 105), finit_module=(313, 273), delete_module=(176, 106), iopl=(172, None), ioperm=(173, None),
    modify_ldt=(154, None), name_to_handle_at=(303, 264), open_by_handle_at=(304, 265), fanotify_init=(300, 262),
    open_tree=(428, 428), move_mount=(429, 429), fsopen=(430, 430), fspick=(433, 433), mount_setattr=(442, 442),
    pidfd_open=(434, 434), pidfd_getfd=(438, 438), pidfd_send_signal=(424, 424), process_madvise=(440, 440),
    kcmp=(312, 272), memfd_create=(319, 279), memfd_secret=(447, 447), seccomp=(317, 277), quotactl=(179, 60),
    swapon=(167, 224), reboot=(169, 142), acct=(163, 89), settimeofday=(164, 170), clock_settime=(227, 112),
    move_pages=(279, 239), migrate_pages=(256, 238), syslog=(103, 116), ioprio_set=(251, 30), vhangup=(153, 58),
    shmget=(29, 194), msgget=(68, 186), semget=(64, 190), mq_open=(240, 180), capset=(126, 91), getpid=(39, 172),
)


def attempt(what, step):
    """Does it, and says what came of it."""
    try:
        got = step()
    except OSError as error:
        print('refused', what, errno.errorcode.get(error.errno, error.errno), flush=True)
    else:
        print('DONE', what, repr(got)[:200], flush=True)


def checked(result):
    """What a function of C answers, which is -1 for a failure."""
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def call(name, *arguments):
    """The system call itself, whatever the library thinks of it."""
    number = CALLS[name][0 if X86 else 1]
    if number is None:
        raise OSError(errno.ENOSYS, 'not on this machine')
    return checked(libc.syscall(*(ctypes.c_long(it) if isinstance(it, int) else it for it in (number, *arguments))))


def pids():
    """Of all processes that it can see."""
    try:
        return [it for it in os.listdir('/proc') if it.isdigit()]
    except OSError:
        return []


def first_bytes(path):
    with open(path, 'rb') as file:
        return file.read(200)


def look(path):
    """What is in a file or a folder; an empty one counts as none."""
    if os.path.isdir(path):
        found = os.listdir(path)
        if not found:
            raise OSError(errno.ENOENT, 'empty')
        return found
    return first_bytes(path)


def greet(family, kind, address):
    """What a listener answers."""
    with socket.socket(family, kind) as it:
        it.settimeout(0.5)
        it.connect(address)
        it.send(b'hello')
        return it.recv(200)


def search(top='/'):
    """All files with a secret of the host, but where its programs are."""
    found = []
    for folder, folders, files in os.walk(top):
        if folder == '/':
            folders[:] = [it for it in folders if it not in ('usr', 'proc', 'sys', 'bin', 'sbin', 'lib', 'lib32', 'lib64')]
        for path in (os.path.join(folder, it) for it in files):
            try:
                if stat.S_ISREG(os.lstat(path).st_mode) and SECRET in first_bytes(path):
                    found.append(path)
            except OSError:
                pass
    return found


def reach():
    """Everything of the host that an attempt wants."""
    for path in HOST['secretFiles']:
        attempt('to read ' + path, lambda: first_bytes(path))
    for family, address, port in HOST['tcp'][:1]:
        attempt('to connect to ' + address, lambda: greet(family, socket.SOCK_STREAM, (address, port)))
    attempt('to connect to an abstract socket', lambda: greet(socket.AF_UNIX, socket.SOCK_STREAM, '\0' + HOST['abstractSocket']))


def in_child(step):
    """Does it in another process; answers what os.waitpid does: 0 when it went well."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            step()
            status = 0
        except OSError as error:
            status = error.errno or 1
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1]


def succeeds(step):
    """Does it in another process, and is refused if that dies of it."""
    status = in_child(step)
    if status != 0:
        raise OSError(os.WEXITSTATUS(status) if os.WIFEXITED(status) else errno.EFAULT, 'ended with %d' % status)
    return 'succeeded'
`
