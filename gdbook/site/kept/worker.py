"""The process that executes.

It has the large libraries loaded and nothing of the package, and for each page it forks: a fresh process does
the page's tasks in order and ends, so nothing of one page reaches another.

It is told jobs, and answers, in lines of JSON, each short enough to be written at once. What a task gave lies
in a file. With each answer goes what the task used: the names that code outside the package imported from it,
and the files and folders that were read. A file that an earlier task of the page read counts for the later
ones too: a function may have remembered it.
"""

import builtins
import contextlib
import importlib
import io
import json
import linecache
import os
import random
import select
import signal
import sys
import time
import warnings
import zlib
from pathlib import Path
from typing import Any

LOADED = (
    "numpy", "numpy.random", "matplotlib.figure", "matplotlib.backends.backend_svg", "unittest.mock",
    "markdown_exec", "math_core", "mkdocs.exceptions", "pymdownx.arithmatex", "pymdownx.highlight",
    "pymdownx.inlinehilite", "pymdownx.superfences", "pygments.lexers.python",
)  # fmt: skip
NOT_OURS = ("/.cache/", "/__pycache__/", "/site-packages/", "/.git/")


class Watch:
    """What a task uses: files and folders below ``root``, names of the package."""

    def __init__(self, root, package):
        self.root, self.package = os.path.join(os.path.realpath(root), ""), package
        self.files, self.names = set(), set()
        self._import, self._import_module = builtins.__import__, importlib.import_module

    def next_task(self):
        """Forget what the task before used, but for files whose content a function may have remembered.

        The text of modules is not: Python's memory of it is emptied here.
        """
        linecache.clearcache()
        self.names = set()
        self.files = {name for name in self.files if not name.endswith(".py")}

    def begin(self):
        sys.addaudithook(self._heard)
        builtins.__import__ = self._imported
        importlib.import_module = self._imported_module

    def _heard(self, event, arguments):
        if event == "open":
            name, mode, _ = arguments
            if isinstance(name, str | os.PathLike) and (mode is None or "r" in mode):
                self._read(name)
        elif event in ("os.listdir", "os.scandir"):
            self._read(arguments[0] if isinstance(arguments[0], str | os.PathLike) else ".")

    def _read(self, name):
        # What Python reads to import a module is known by the module's name.
        if sys._getframe(2).f_code.co_filename.startswith("<frozen importlib"):
            return
        self._note(name)

    def _note(self, name):
        inside = self._inside(name)
        if inside:
            self.files.add(inside)

    def _inside(self, name):
        """The path of a file of the project, from its root; None for others."""
        path = os.path.realpath(os.fspath(name))
        if isinstance(path, str) and path.startswith(self.root):
            inside = path.removeprefix(self.root)
            if not any(part in f"/{inside}/" for part in NOT_OURS) and not inside.startswith(".venv"):
                return inside
        return None

    def note_modules(self):
        """Modules of the project that are not of the package: each is used as a file, and imported anew by
        the next block, for which it may make settings."""
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if file and name.partition(".")[0] != self.package and self._inside(file):
                self._note(file)
                del sys.modules[name]

    def _imported(self, name, globals=None, locals=None, fromlist=(), level=0):
        # What the package's own modules import is read in their source.
        importer = str((globals or {}).get("__name__")).partition(".")[0]
        if not level and name.partition(".")[0] == self.package != importer:
            self.names |= {(name, part) for part in fromlist or ("",)}
        return self._import(name, globals, locals, fromlist, level)

    def _imported_module(self, name, package=None):
        if name.partition(".")[0] == self.package:
            self.names.add((name, "*"))
        return self._import_module(name, package)


def read_anew(places, spool):
    """Let modules in these folders be compiled from their source as it is now.

    Python takes a compiled module for current if the source has its size and was saved in the same second.
    """
    machinery: Any = importlib._bootstrap_external
    place, stats = machinery.cache_from_source, machinery.SourceFileLoader.path_stats

    def ours(path):
        return path.startswith(places) and not any(part in path for part in NOT_OURS)

    def cache_from_source(path, *given, **named):
        compiled = place(path, *given, **named)
        return spool + compiled if ours(path) else compiled

    def path_stats(self, path):
        told = stats(self, path)
        if ours(path):
            told["mtime"] = zlib.crc32(str(os.stat(path).st_mtime_ns).encode())
        return told

    machinery.cache_from_source, machinery.SourceFileLoader.path_stats = cache_from_source, path_stats


def work(job, root, spool, tell):
    """The tasks of one page, in a process of their own."""
    from gdbook.site.kept.tasks import perform

    package = str(Path(__file__).parents[2])
    watch = Watch(root, Path(package).name)
    read_anew((os.path.join(package, ""), watch.root), os.path.join(spool, "compiled"))
    watch.begin()
    for number, (kind, text, options) in enumerate(job["tasks"]):
        tell({"job": job["job"], "task": number, "began": True})
        watch.next_task()
        start = time.perf_counter()
        with _as_fresh():
            ended, given = perform(kind, text, options)
        seconds = time.perf_counter() - start
        watch.note_modules()
        place = Path(spool, f"{job['job']}-{number}")
        place.write_text(
            json.dumps(
                {
                    "ended": ended,
                    "text": given,
                    "names": sorted(map(list, watch.names)),
                    "files": sorted(watch.files),
                    "seconds": seconds,
                }
            )
        )
        tell({"job": job["job"], "task": number, "place": str(place)})


@contextlib.contextmanager
def _as_fresh():
    """Each task begins as in a fresh interpreter and leaves no setting behind; chance is always the same."""
    import matplotlib
    import numpy as np

    folder, environment, path = os.getcwd(), dict(os.environ), list(sys.path)
    random.seed(0)
    np.random.seed(0)
    try:
        with matplotlib.rc_context(), np.errstate(), np.printoptions(), warnings.catch_warnings():
            yield
    finally:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.path[:] = path


def _draw():
    """A first figure, so that what Matplotlib loads and remembers for one is there before the forks."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context():
        figure = Figure()
        figure.subplots().set_title("first")
        figure.savefig(io.StringIO(), format="svg")


def main(root, spool, told, telling):
    """Fork for each job that comes in a line; end with the one who asks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the build's, which then closes the line
    reading, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def tell(what):
        with contextlib.suppress(BrokenPipeError):
            os.write(telling, json.dumps(what).encode() + b"\n")

    for name in LOADED:
        importlib.import_module(name)
    _draw()
    tell({"ready": True})
    children: dict[Any, Any] = {}
    rest = b""
    try:
        while True:
            ready, _, _ = select.select([told, reading], [], [])
            if reading in ready:
                os.read(reading, 4096)
            _reap(children, tell)
            if told in ready:
                more = os.read(told, 1 << 20)
                if not more:
                    return
                *lines, rest = (rest + more).split(b"\n")
                for line in lines:
                    job = json.loads(line)
                    if "stop" in job:
                        for child, number in children.items():
                            if number == job["stop"]:
                                os.kill(child, signal.SIGKILL)
                        continue
                    child = os.fork()
                    if not child:
                        _child(job, root, spool, tell, (told, reading, wake))
                    children[child] = job["job"]
    finally:
        for child in children:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)


def _child(job, root, spool, tell, inherited):
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for handle in inherited:
            os.close(handle)
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        work(job, root, spool, tell)
        status = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
        with contextlib.suppress(Exception):
            sys.stderr.flush()
        os._exit(status)


def _reap(children, tell):
    while children:
        child, status = os.waitpid(-1, os.WNOHANG)
        if not child:
            return
        tell({"job": children.pop(child, None), "exit": os.waitstatus_to_exitcode(status)})
