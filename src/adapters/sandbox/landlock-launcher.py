"""Runs a program of a stranger as a user of its own, under Landlock and seccomp, and outlives it.

Started as root with one argument, a JSON object (see landlock-session.ts), and with a lifeline on descriptor 3: when whoever
holds its other end is gone, or lets go, everything of the session is killed. Ends when nothing is left, with
OVER_MEMORY, OVER_DISK, KILLED or 0; a line on standard error tells when it could not confine. With the argument `abi` it tells the kernel's Landlock.
"""
import base64, ctypes, json, os, resource, select, signal, sys, time

LIFELINE, REFUSED, OVER_MEMORY, OVER_DISK, KILLED = 3, 70, 71, 72, 73
LOOK_EVERY, MOST_FILES = 0.2, 20_000
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
PATH_BENEATH, QUERY_VERSION, LEAST_ABI = 1, 1, 4
SET_PDEATHSIG, SET_SECCOMP, SET_NO_NEW_PRIVS, SET_CHILD_SUBREAPER = 1, 22, 38, 36
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, MAKE_CHAR, MAKE_BLOCK, TRUNCATE, IOCTL_DEV = (
    1 << bit for bit in (0, 1, 2, 3, 6, 11, 14, 15))
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV

libc = ctypes.CDLL(None, use_errno=True)


def main():
    if sys.argv[1] == "abi":
        return print(abi_of_kernel())
    session = json.loads(sys.argv[1])
    check(prctl(SET_CHILD_SUBREAPER, 1), "prctl")
    child = os.fork()
    if child == 0:
        try:
            confine(session)
            os.execve(session["command"][0], session["command"], session["environment"])
        except BaseException as error:
            os.write(2, f"{error}\n".encode())
        os._exit(REFUSED)
    detach_output()
    code = watch(child, session)
    end_all(session["uid"])
    os._exit(code)


def confine(session):
    os.setsid()
    with open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")
    for name, value in session["limits"].items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
    os.closerange(3, 1 << 16)
    os.setgroups([])
    os.setresgid(session["uid"], session["uid"], session["uid"])
    os.setresuid(session["uid"], session["uid"], session["uid"])
    check(prctl(SET_PDEATHSIG, signal.SIGKILL), "prctl")
    os.umask(0o077)
    os.chdir(session["data"])
    check(prctl(SET_NO_NEW_PRIVS, 1), "prctl")
    allow_only(session)
    for program in session["seccomp"]:
        install(base64.b64decode(program))


def allow_only(session):
    abi = abi_of_kernel()
    if abi < LEAST_ABI:
        raise OSError(f"Landlock of ABI {abi} does not hold enough")
    every = (1 << (15 if abi == 4 else 16)) - 1
    scoped = 3 if abi >= 6 else 0
    attributes = (ctypes.c_uint64 * 3)(every, 3, scoped)
    size = 24 if abi >= 6 else 16
    ruleset = check(libc.syscall(CREATE_RULESET, attributes, ctypes.c_size_t(size), ctypes.c_uint(0)), "landlock")
    for path in filter(os.path.exists, session["readable"]):
        allow(ruleset, path, EXECUTE | READ_FILE | READ_DIR)
    for path in session["devices"]:
        allow(ruleset, path, READ_FILE | WRITE_FILE)
    for path in session["writable"]:
        allow(ruleset, path, every & ~(MAKE_CHAR | MAKE_BLOCK | IOCTL_DEV))
    check(libc.syscall(RESTRICT_SELF, ruleset, ctypes.c_uint(0)), "landlock")
    os.close(ruleset)


def abi_of_kernel():
    """-1 where there is no Landlock."""
    return libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(QUERY_VERSION))


def allow(ruleset, path, rights):
    parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    if not os.path.isdir(path):
        rights &= FILE_RIGHTS
    rule = rights.to_bytes(8, sys.byteorder) + parent.to_bytes(4, sys.byteorder)
    check(libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, rule, ctypes.c_uint(0)), f"landlock: {path}")
    os.close(parent)


def install(program):
    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]

    filter = Program(len(program) // 8, program)
    check(prctl(SET_SECCOMP, 2, ctypes.addressof(filter)), "seccomp")


def prctl(option, value, address=0):
    return libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(address), ctypes.c_ulong(0), ctypes.c_ulong(0))


def watch(child, session):
    """Waits for the child's end, or for a reason to end the session; gives the exit code."""
    events = select.poll()
    events.register(LIFELINE, select.POLLIN)
    events.register(os.pidfd_open(child), select.POLLIN)
    while True:
        happened = [descriptor for descriptor, _ in events.poll(LOOK_EVERY * 1000)]
        reap()
        if child in ended:
            return KILLED if ended[child] == -signal.SIGKILL else 0
        if LIFELINE in happened:
            return KILLED
        if session["memory"] is not None and resident() > session["memory"]:
            return OVER_MEMORY
        if used(session["folder"]) > session["disk"]:
            return OVER_DISK


def resident():
    """Bytes of memory that the session's processes hold, each counted by itself."""
    return sum(pages_of(pid) for pid in descendants(os.getpid())) * os.sysconf("SC_PAGE_SIZE")


def descendants(pid):
    found = children_of(pid)
    for child in found:
        found.extend(children_of(child))
    return found


def children_of(pid):
    try:
        found = []
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as numbers:
                found.extend(numbers.read().split())
        return found
    except OSError:
        return []


def pages_of(pid):
    try:
        with open(f"/proc/{pid}/statm") as numbers:
            return int(numbers.read().split()[1])
    except (OSError, IndexError):
        return 0


def used(top):
    """Bytes on disk; more files or deeper folders than are fit to be counted are too much."""
    total = count = 0
    try:
        for _, folders, files, here in os.fwalk(top, onerror=ignore_gone):
            count += len(folders) + len(files)
            if count > MOST_FILES:
                return sys.maxsize
            total += sum(blocks(name, here) for name in folders + files)
    except (OSError, RecursionError):
        return sys.maxsize
    return total


def blocks(name, folder):
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_blocks * 512
    except FileNotFoundError:
        return 0


def ignore_gone(error):
    if not isinstance(error, FileNotFoundError):
        raise error


ended = {}


def reap():
    """Whether there are any children yet; those whose parent is gone are ours."""
    try:
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return True
            ended[pid] = os.waitstatus_to_exitcode(status)
    except ChildProcessError:
        return False


def end_all(uid):
    """Kills every process of the user, until there is none: the kernel goes over them all at once."""
    while reap():
        killer = os.fork()
        if killer == 0:
            os.setresuid(uid, uid, uid)
            os.kill(-1, signal.SIGKILL)
            os._exit(0)
        os.waitpid(killer, 0)
        time.sleep(0.002)


def detach_output():
    """The pipes are the session's: that they close tells that it is over."""
    nothing = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)


def check(result, what):
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")
    return result


main()
