"""``mkdocs serve``: what changed is loaded anew, and errors are shown in the page.

The book is served while its blocks still run; what changed in the package is loaded without a restart; and an
error stands in the page until the next save mends it.
"""

import html
import importlib.util
import logging
import sys
import threading
import time
import traceback
from pathlib import Path

from mkdocs.config.config_options import Hooks
from watchdog.observers.polling import PollingObserver

PACKAGE = Path(__file__).parents[2]
command = "build"
LOOK = 0.5  # seconds between two looks at what has become ready
POLL = 0.1  # seconds between two looks at whether a file has changed
GATHER = 4.0  # seconds between two reloads while blocks still run
BANNER = """\
<div role="alert" style="position:fixed;inset:auto 0 0 0;z-index:99;max-height:60vh;overflow:auto;\
background:#fff3f3;color:#5c0a16;border-top:3px solid #bf2339;padding:0.6rem 1rem;font:14px/1.45 system-ui">
<strong>The last build failed; this is the page before it.</strong>
<pre style="white-space:pre-wrap;margin:0.4rem 0 0">{}</pre></div>"""


def on_serve(server, builder):
    """Give MkDocs' server our builder and our answer."""
    live = Live(server, builder)
    watched, server.observer = list(server._watched_paths), PollingObserver(timeout=POLL)
    server._watched_paths.clear()
    for path in (*watched, PACKAGE):
        server.watch(str(path))
    server.builder = live.rebuild
    server.set_app(live.answer)
    threading.Thread(target=live.look, daemon=True).start()
    return server


class Live:
    """The server while it runs."""

    def __init__(self, server, builder):
        self.server, self.builder = server, builder
        self.error = ""
        self.loaded = files()

    def rebuild(self):
        """Build again; an error is noted for the page and said in the terminal."""
        self.load_anew()
        said = _Said()
        logging.getLogger("mkdocs").addHandler(said)
        try:
            self.builder()
            self.error = ""
        except (Exception, SystemExit) as stop:
            if not isinstance(stop, SystemExit):
                traceback.print_exc()
            self.error = "\n\n".join(said.lines) or "".join(traceback.format_exception_only(stop))
        finally:
            logging.getLogger("mkdocs").removeHandler(said)

    def load_anew(self):
        """Forget the package's modules if one that the build itself works with has changed."""
        now = files()
        changed = {path for path in now.keys() | self.loaded.keys() if now.get(path) != self.loaded.get(path)}
        ours = {getattr(module, "__file__", None) for name, module in _modules()}
        if not changed & ours:
            return
        self.loaded = now
        from gdbook.site.build import steps as build

        if build.now:
            build.now.crew.close()
        for name, _ in _modules():
            del sys.modules[name]
        for path in changed:
            # Python would take it for current if it was saved in the same second with the same size.
            Path(importlib.util.cache_from_source(path)).unlink(missing_ok=True)
        importlib.invalidate_caches()
        Hooks._load_hook.cache_clear()

    def look(self):
        """Ask for a build when pages have become ready."""
        last = time.monotonic()
        while True:
            time.sleep(LOOK)
            build = sys.modules.get("gdbook.site.build.steps")
            state = build.now and build.now.ready() if build else None
            if state == "all" or (state == "some" and time.monotonic() - last > GATHER):
                last = time.monotonic()
                with self.server._rebuild_cond:
                    self.server._want_rebuild = True
                    self.server._rebuild_cond.notify_all()

    def answer(self, environ, start_response):
        """MkDocs' answer, with the error in it if there is one."""
        if not self.error:
            return self.server.serve_request(environ, start_response)
        told = []
        body = b"".join(self.server.serve_request(environ, lambda *given: told.append(given)))
        (status, headers, *rest), page = (
            told[0],
            dict(told[0][1]).get("Content-Type", "").startswith("text/html"),
        )
        if page:
            before, end, after = body.rpartition(b"</body>")
            body = before + BANNER.format(html.escape(self.error)).encode() + end + after
            headers = [(name, value) for name, value in headers if name != "Content-Length"]
            headers.append(("Content-Length", str(len(body))))
        start_response(status, headers, *rest)
        return [body]


class _Said(logging.Handler):
    """What the build says of errors."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


def files():
    """Each Python file of the package, with its time and size."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        try:
            told = path.stat()
        except OSError:
            continue
        found[str(path)] = told.st_mtime_ns, told.st_size
    return found


def _modules():
    return [(name, module) for name, module in sys.modules.items() if name.partition(".")[0] == "gdbook"]
