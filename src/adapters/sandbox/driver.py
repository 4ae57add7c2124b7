"""Runs Python for somebody outside, who speaks to it in lines of JSON: commands on standard input, answers on
standard output. Started as `python3 -I -c <this> <settings>`; needs Python 3.9 and nothing else.

Nothing here protects anybody: the code that is run can reach all of it. The sandbox around this process protects, and
whoever reads its answers believes none of them.

Three threads. The main one runs code: signals arrive there, and many libraries want it. `Commands` reads what is asked
meanwhile, so that code can be interrupted, and handles files. `Printed` passes on what is printed: descriptors 1 and 2
are one pipe, so that the output of child processes is caught too, in the order in which it was written.
"""

import ast
import base64
import builtins
import codecs
import errno
import fcntl
import importlib
import importlib.machinery
import importlib.util
import io
import json
import linecache
import os
import queue
import re
import select
import signal
import stat
import struct
import subprocess
import sys
import termios
import threading
import traceback
import types
from time import sleep

GATHER = 0.005  # seconds in which printed text gathers, so that a dot is no line of its own
PIECE = 256 * 1024  # bytes of a file in one line, before they are written in base64
MOST_FILES, DEEPEST, MOST_VISITED = 1000, 8, 20_000
MOST_IMAGES, LARGEST_IMAGE, ALL_IMAGES = 20, 10 * 1024**2, 32 * 1024**2
IMAGES = (("png", "_repr_png_", b"\x89PNG\r\n\x1a\n"), ("jpeg", "_repr_jpeg_", b"\xff\xd8\xff"))
BACKEND = "reprise_figures"
MORE_FONTS = ("Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Devanagari")
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
MISSING = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO)
IS_COROUTINE = 0x80  # `inspect.CO_COROUTINE`, without its 10 ms


class Call:
    """What one call may still show."""

    def __init__(self, number: int, room: int) -> None:
        self.number = number
        self.room = room  # bytes of text; negative when there was more
        self.images = 0
        self.image_room = ALL_IMAGES
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")


class Driver:
    """What the threads share: the way out, and the call that runs."""

    def __init__(self, settings: dict, answers: int, printed: int, prints: int) -> None:
        self.data = settings["data"]
        self.output_bytes = settings["outputBytes"]
        self.disk_bytes = settings["diskMegabytes"] * 1024**2
        self.answers = answers
        self.printed = printed  # where printed text is read; never blocks
        self.prints = prints  # where it is written: descriptors 1 and 2 are copies
        self.lock = threading.RLock()  # one line at a time; guards the call too
        self.call = None
        self.calling = threading.Event()
        self.busy = False  # from the command to the end of the call
        self.interrupted = False
        self.pid = os.getpid()

    def say(self, **line) -> None:
        left = memoryview((json.dumps(line) + "\n").encode("ascii"))
        with self.lock:
            while left:
                left = left[os.write(self.answers, left) :]

    def begin(self, number: int) -> None:
        with self.lock:
            self.call = Call(number, self.output_bytes)
        self.calling.set()

    def end(self, how: str) -> None:
        self.calling.clear()
        with self.lock:
            self.catch_up()
            self.forward(b"", final=True)
            number, self.call, self.busy = self.call.number, None, False  # before anybody can ask for the next
            self.say(say="end", id=number, how=how)

    def forward(self, data: bytes, final: bool = False) -> None:
        """Passes on what was printed, as far as there is room. The lock is held."""
        call = self.call
        encoded = call.decoder.decode(data, final).encode("utf-8")
        if not encoded or call.room < 0:
            return
        text = encoded[: call.room].decode("utf-8", "ignore")
        call.room -= len(encoded)
        if text:
            self.say(say="text", id=call.number, text=text)
        if call.room < 0:
            self.say(say="full", id=call.number)

    def catch_up(self) -> None:
        """Passes on all that was printed up to now: it is in the pipe, whoever wrote it. The lock is held."""
        count = bytearray(4)
        fcntl.ioctl(self.printed, termios.FIONREAD, count)
        (left,) = struct.unpack("i", count)
        while left > 0:
            data = os.read(self.printed, min(left, 65536))
            left -= len(data)
            self.forward(data)

    def show_image(self, form: str, data: bytes) -> None:
        if os.getpid() == self.pid:  # a forked child has nobody to show it to
            shielded(lambda: self.send_image(form, data))

    def send_image(self, form: str, data: bytes) -> None:
        driver_output.flush()
        with self.lock:
            call = self.call
            if call is None:  # drawn by a thread that outlived its call
                return
            self.catch_up()
            call.images += 1
            if call.images > MOST_IMAGES or len(data) > min(LARGEST_IMAGE, call.image_room):
                self.forward(b"[An image is left out: there are too many, or it is too large.]\n")
                return
            call.image_room -= len(data)
            for start in range(0, len(data), PIECE):
                piece, last = in_base64(data[start : start + PIECE]), start + PIECE >= len(data)
                self.say(say="image", id=call.number, format=form, data=piece, last=last)


def in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


# --- Interrupts: raised in code of others, never in the middle of our own. ---


def attempt(step):
    """Runs code of others. What it ended with: None, or what it raised."""
    try:
        interruptible(step)
        return None
    except BaseException as error:  # SystemExit and KeyboardInterrupt as well
        return error


def interruptible(step) -> None:
    if driver.interrupted:
        driver.interrupted = False
        raise KeyboardInterrupt
    step()


def shielded(step) -> None:
    """Runs our own code when code of others calls it: interrupts wait."""
    step()


def on_interrupt(_signal, frame) -> None:
    while frame is not None:
        if frame.f_code is shielded.__code__:
            return
        if frame.f_code is interruptible.__code__:
            driver.interrupted = False
            raise KeyboardInterrupt
        frame = frame.f_back


def interrupt() -> None:
    """As Ctrl-C: the code, and the programs it waits for."""
    driver.interrupted = True
    if os.getpgrp() == driver.pid:
        os.kill(0, signal.SIGINT)  # the group; by number it cannot be named when it is 1
    else:
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)


# --- Code ---


def run(number: int, code: str) -> None:
    driver.begin(number)
    restore()
    error = attempt(lambda: execute(code, f"<cell {number}>"))
    how = "completed" if error is None else "raised"
    tell(error)
    if os.getpid() != driver.pid:  # a child that the code forked and that came back from it
        attempt(driver_output.flush)
        os._exit(0 if error is None else 1)
    if "matplotlib.pyplot" in sys.modules:
        tell(attempt(drop_figures if isinstance(error, KeyboardInterrupt) else show_figures))
    attempt(driver_output.flush)
    driver.end(how)


def execute(code: str, filename: str) -> None:
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    body = parse(code, filename).body
    ends_in_value = body and isinstance(body[-1], ast.Expr) and not code.rstrip().endswith(";")
    last = body.pop() if ends_in_value else None
    evaluate(ast.Module(body, type_ignores=[]), filename, "exec")
    if last is not None:
        display(evaluate(ast.Expression(last.value), filename, "eval"))


def parse(code: str, filename: str) -> ast.Module:
    """With `!command` and `%magic` lines, should it not be Python without."""
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        return compile(code, filename, "exec", flags, dont_inherit=True)
    except SyntaxError as error:
        code = re.sub(r"^([ \t]*)!(.*)$", lambda line: f"{line[1]}__shell__({line[2]!r})", code, flags=re.M)
        code = re.sub(r"^([ \t]*)(%.*)$", lambda line: f"{line[1]}__magic__({line[2]!r})", code, flags=re.M)
        try:
            return compile(code, filename, "exec", flags, dont_inherit=True)
        except SyntaxError:
            pass
        raise error


def evaluate(tree: ast.AST, filename: str, mode: str):
    code = compile(tree, filename, mode, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    value = eval(code, namespace)
    if code.co_flags & IS_COROUTINE:
        import asyncio

        return asyncio.run(value)
    return value


def display(*values) -> None:
    """As a notebook shows a value: images as images, anything else by its `repr`."""
    for value in values:
        if value is not None:
            builtins._ = value
            if not show_as_image(value):
                print(repr(value))


def show_as_image(value) -> bool:
    figures = sys.modules.get("matplotlib.figure")
    if figures is not None and isinstance(value, figures.Figure):
        show_figure(value)
        return True
    for form, method, signature in IMAGES:
        draw = getattr(type(value), method, None)
        data = None if draw is None else draw(value)
        data = data[0] if isinstance(data, tuple) else data  # some return their metadata too
        if isinstance(data, bytes) and data.startswith(signature):
            driver.show_image(form, data)
            return True
    return False


def shell(command: str) -> None:
    driver_output.flush()
    subprocess.run(command, shell=True)


def magic(line: str) -> None:
    if not line.startswith("%matplotlib"):  # figures are shown anyway
        print(f"{line.split()[0]} is not available: there are no magics here.")


def tell(error) -> None:
    """Prints the traceback, without frames of this file."""
    if error is None:
        return

    def print_traceback() -> None:
        link, seen = error, set()
        while link is not None and id(link) not in seen:
            seen.add(id(link))
            link.__traceback__ = without_own_frames(link.__traceback__)
            link = link.__cause__ or link.__context__
        lines = traceback.format_exception(type(error), error, error.__traceback__)
        print("".join(lines), end="", file=driver_output, flush=True)

    if attempt(print_traceback) is not None:
        attempt(lambda: print(type(error).__name__, file=driver_output, flush=True))


def without_own_frames(trace):
    others = []
    while trace is not None:
        if trace.tb_frame.f_globals is not globals():
            others.append(trace)
        trace = trace.tb_next
    for index, trace in enumerate(others):
        trace.tb_next = others[index + 1] if index + 1 < len(others) else None
    return others[0] if others else None


def restore() -> None:
    """Puts back what a call needs, whatever an earlier one did to it."""
    os.dup2(driver.prints, 1)
    os.dup2(driver.prints, 2)
    os.set_blocking(driver.prints, True)
    signal.signal(signal.SIGINT, on_interrupt)
    if driver_output.closed or any(getattr(it, "closed", True) for it in (sys.stdin, sys.stdout, sys.stderr)):
        open_streams()


def open_streams() -> None:
    """Standard output and errors share one buffer, so that their order stays."""
    global driver_output
    buffer = io.BufferedWriter(io.FileIO(1, "w", closefd=False))

    def open_text() -> io.TextIOWrapper:
        return io.TextIOWrapper(
            buffer, encoding="utf-8", errors="backslashreplace", line_buffering=True, write_through=True
        )

    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", errors="surrogateescape", closefd=False)
    sys.stdout = sys.__stdout__ = open_text()
    sys.stderr = sys.__stderr__ = driver_output = open_text()


# --- Figures ---


class FigureBackend:
    """A backend of matplotlib that shows figures to whoever asked. Nothing is imported before the code does it."""

    def find_spec(self, name, path=None, target=None):
        if name == BACKEND:
            return importlib.util.spec_from_loader(name, self)
        if name != "matplotlib":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_with_backend(module) -> None:
                load(module)
                module.rcParams["backend"] = f"module://{BACKEND}"
                module.use = lambda *_args, **_options: None  # 'Agg' would show nothing, others need a screen

            spec.loader.exec_module = load_with_backend
        return spec

    def create_module(self, spec):
        return None

    def exec_module(self, module) -> None:
        from matplotlib.backend_bases import FigureManagerBase
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        class FigureManager(FigureManagerBase):
            def show(self) -> None:
                show_figure(self.canvas.figure)

        class FigureCanvas(FigureCanvasAgg):
            manager_class = FigureManager

        module.FigureManager, module.FigureCanvas = FigureManager, FigureCanvas
        module.show = lambda *_args, **_options: show_figures()
        use_fonts_of_other_scripts()


def use_fonts_of_other_scripts() -> None:
    """Letters that the usual font does not have are taken from these, as far as they are installed."""
    from matplotlib import font_manager, rcParams

    installed = {font.name for font in font_manager.fontManager.ttflist}
    rcParams["font.family"] = [*rcParams["font.family"], *(name for name in MORE_FONTS if name in installed)]


def show_figures() -> None:
    pyplot = sys.modules["matplotlib.pyplot"]
    for number in pyplot.get_fignums():
        show_figure(pyplot.figure(number))


def show_figure(figure) -> None:
    from matplotlib import pyplot

    picture = io.BytesIO()
    try:
        figure.savefig(picture, format="png", bbox_inches="tight")
    finally:
        pyplot.close(figure)
    driver.show_image("png", picture.getvalue())


def drop_figures() -> None:
    sys.modules["matplotlib.pyplot"].close("all")


def prepare(number: int) -> None:
    """Imports what most code imports, and draws once, as the first figure takes long."""

    def draw() -> None:
        from matplotlib import pyplot

        pyplot.plot([1, 2])
        pyplot.title("1")
        pyplot.savefig(io.BytesIO(), format="png", bbox_inches="tight")
        pyplot.close("all")

    steps = {name: lambda name=name: importlib.import_module(name) for name in ("numpy", "pandas")}
    steps["matplotlib"] = draw
    missing = [name for name, step in steps.items() if attempt(step) is not None]
    attempt(driver_output.flush)
    try:
        while os.read(driver.printed, 65536):
            pass  # nobody asked for it
    except BlockingIOError:
        pass
    driver.busy = False
    driver.say(say="prepared", id=number, missing=missing)


# --- Files ---


class Upload:
    """A file that arrives in pieces. It takes its name when it is whole."""

    def __init__(self, number: int, path: str, alias) -> None:
        self.number = number
        self.target = os.path.join(driver.data, path)
        self.alias = alias and os.path.join(driver.data, alias)
        self.temporary = os.path.join(driver.data, f".reprise-{os.urandom(8).hex()}")
        self.error = None
        self.file = None
        self.attempt(self.open)

    def attempt(self, step) -> None:
        """Once something failed, nothing is done any more."""
        if self.error is None:
            try:
                step()
            except OSError as error:
                self.error = error

    def open(self) -> None:
        self.file = open(self.temporary, "xb")

    def add(self, data: str) -> None:
        self.attempt(lambda: self.file.write(base64.b64decode(data)))

    def close(self, keep: bool) -> None:
        if self.file is not None:
            self.attempt(self.file.close)
        if keep:
            self.attempt(self.name)
        if (self.error is not None or not keep) and os.path.lexists(self.temporary):
            os.unlink(self.temporary)
        if self.error is None:
            driver.say(say="done", id=self.number)
        else:
            fail(self.number, self.error)

    def name(self) -> None:
        os.makedirs(os.path.dirname(self.target), exist_ok=True)
        os.replace(self.temporary, self.target)
        if self.alias:
            os.makedirs(os.path.dirname(self.alias), exist_ok=True)
            os.symlink(os.path.relpath(self.target, os.path.dirname(self.alias)), self.temporary)
            os.replace(self.temporary, self.alias)


def list_files(number: int) -> None:
    found, visited, folders = 0, 0, [("", 1)]
    while folders:
        folder, depth = folders.pop(0)
        try:
            with os.scandir(os.path.join(driver.data, folder)) as entries:
                for entry in entries:
                    visited += 1
                    if found == MOST_FILES or visited > MOST_VISITED:
                        return driver.say(say="done", id=number)
                    if not is_plain(entry.name):
                        continue
                    path = os.path.join(folder, entry.name)
                    if entry.is_dir(follow_symlinks=False) and depth < DEEPEST:
                        folders.append((path, depth + 1))
                    elif entry.is_file(follow_symlinks=False):
                        is_now = entry.stat(follow_symlinks=False)
                        version = f"{is_now.st_ino}-{is_now.st_size}-{is_now.st_ctime_ns}"
                        driver.say(say="file", id=number, path=path, bytes=is_now.st_size, version=version)
                        found += 1
        except OSError:
            continue  # gone, or closed to us
    return driver.say(say="done", id=number)


def is_plain(name: str) -> bool:
    """Valid Unicode without control characters."""
    return not any(ord(it) < 32 or 127 <= ord(it) < 160 or 0xD800 <= ord(it) < 0xE000 for it in name)


def get_file(number: int, path: str) -> None:
    try:
        opened = os.open(os.path.join(driver.data, path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(opened, "rb", buffering=0) as file:
            is_now = os.fstat(opened)
            if not stat.S_ISREG(is_now.st_mode):
                raise FileNotFoundError(errno.ENOENT, "not a regular file")
            if is_now.st_size > driver.disk_bytes:  # most of it is a hole
                raise OSError(errno.EFBIG, "too large")
            left = is_now.st_size
            while left > 0:
                data = file.read(min(left, PIECE))
                if not data:
                    break
                left -= len(data)
                driver.say(say="chunk", id=number, data=in_base64(data))
        driver.say(say="done", id=number)
    except OSError as error:
        fail(number, error)


def fail(number: int, error: OSError) -> None:
    why = "full" if error.errno in FULL else "missing" if error.errno in MISSING else "refused"
    driver.say(say="failed", id=number, why=why)


# --- Threads ---


class Printed(threading.Thread):
    """Passes on what is printed while a call runs. What is printed between calls waits for the next one."""

    def run(self) -> None:
        ready = select.poll()
        ready.register(driver.printed, select.POLLIN)
        try:
            while True:
                driver.calling.wait()
                ready.poll()
                with driver.lock:
                    if driver.call is not None:
                        try:
                            driver.forward(os.read(driver.printed, 65536))
                        except BlockingIOError:
                            pass  # the main thread was faster
                sleep(GATHER)
        finally:
            os._exit(70)


class Commands(threading.Thread):
    """Does what is asked; code is handed to the main thread."""

    def __init__(self, commands: int, jobs: queue.SimpleQueue) -> None:
        super().__init__(daemon=True)
        self.lines = open(commands, "rb", buffering=65536)
        self.jobs = jobs
        self.upload = None

    def run(self) -> None:
        try:
            for line in self.lines:
                command = json.loads(line)
                getattr(self, command.pop("do"))(**command)
        finally:
            os._exit(0)  # nobody is there any more

    def code(self, id: int, code: str) -> None:
        self.hand_over(lambda: run(id, code))

    def prepare(self, id: int) -> None:
        self.hand_over(lambda: prepare(id))

    def hand_over(self, job) -> None:
        driver.interrupted = False
        driver.busy = True
        self.jobs.put(job)

    def interrupt(self) -> None:
        if driver.busy:
            interrupt()

    def put(self, id: int, path: str, alias) -> None:
        self.upload = Upload(id, path, alias)

    def chunk(self, data: str) -> None:
        self.upload.add(data)

    def close(self, keep: bool) -> None:
        self.upload.close(keep)

    def list(self, id: int) -> None:
        list_files(id)

    def get(self, id: int, path: str) -> None:
        get_file(id, path)


def move_up(descriptor: int) -> int:
    """Out of the way of the code, and not passed on to its programs."""
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 100)
    os.close(descriptor)
    return moved


def start() -> "tuple[Driver, int]":
    commands, answers = move_up(0), move_up(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    printed, prints = (move_up(end) for end in os.pipe())
    os.dup2(prints, 1)
    os.dup2(prints, 2)
    os.set_blocking(printed, False)
    os.register_at_fork(after_in_child=lambda: (os.close(commands), os.close(answers)))
    try:
        os.setpgid(0, 0)  # so that an interrupt reaches the programs that the code started, and nobody else
    except OSError:
        pass  # it leads a group already, or may not
    return Driver(json.loads(sys.argv[1]), answers, printed, prints), commands


def settle_in() -> types.ModuleType:
    """What the code finds around it."""
    os.chdir(driver.data)
    sys.path.append(driver.data)
    sys.argv = [""]
    sys.dont_write_bytecode = True
    sys.meta_path.insert(0, FigureBackend())
    os.environ["MPLBACKEND"] = "Agg"  # for other Pythons that the code may start
    builtins.display, builtins.__shell__, builtins.__magic__ = display, shell, magic
    module = types.ModuleType("__main__")
    module.__builtins__ = builtins
    sys.modules["__main__"] = module
    return module


driver, commands = start()
open_streams()
namespace = settle_in().__dict__
signal.signal(signal.SIGINT, on_interrupt)
jobs = queue.SimpleQueue()
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # the main thread alone is interrupted
Commands(commands, jobs).start()
Printed(daemon=True).start()
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
driver.say(say="ready", id=0, python=".".join(str(part) for part in sys.version_info[:3]))
try:
    while True:
        try:
            job = jobs.get()
        except BaseException:  # a signal handler of the code, after its call
            continue
        job()
finally:
    os._exit(70)
