"""A reader's first visit to a page: what the server sent, what the browser said, what moved.

The tests judge it, and benchmarks/measure.py prints it.
"""

import contextlib
import functools
import gzip
import json
import mimetypes
import os
import shutil
import subprocess
import sys
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlencode, urlsplit

from playwright.sync_api import sync_playwright

# What static hosts use, and what does not get smaller.
GZIP_LEVEL = 6
COMPRESSED = {".gz", ".jpg", ".png", ".webp", ".woff2", ".zip"}
TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
}

# Lines: seconds until an answer, and bytes a second after. The mobile one is good, yet slow enough that
# a late font or script would be seen to move the page. The server keeps to it, because Chromium's own
# slow line now and then never delivers an answer.
MOBILE = 0.04, 1_250_000
LOCAL = 0, float("inf")
PAUSE = 0.06  # seconds between the pieces of a page that comes in pieces

# Milliseconds: how long a page may take on a machine that is busy. The tests ask what, not how fast.
PATIENCE = 90_000

WATCH_SHIFTS = """
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const moved = entry.sources.map(({ node }) => node?.className || node?.nodeName);
      window.shifts.push([entry.value, `${moved}`]);
    }
  }).observe({ type: "layout-shift", buffered: true });
"""


class Server(ThreadingHTTPServer):
    """A static host: compresses, answers with 404.html, and notes the bytes of each body in ``sent``."""

    daemon_threads = True
    # A browser opens more connections at once than the five that would wait by default.
    request_queue_size = 64

    def __init__(self, folder, line, pieces):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = Path(folder)
        self.latency, self.bytes_per_second = line
        self.pieces = pieces
        self.url = f"http://127.0.0.1:{self.server_port}/"
        self.sent = []

    def handle_error(self, request, client_address):
        """A browser that closes a tab hangs up; that is no error of the server."""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        name = unquote(urlsplit(self.path).path).lstrip("/")
        name += "index.html" if not name or name.endswith("/") else ""
        path = answer(self.server.folder, name)
        body = transferred(path)
        found = path == self.server.folder / name
        self.send_response(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND)
        kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")  # as static hosts do
        if path.suffix not in COMPRESSED:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.server.sent.append((name, len(body)))
        time.sleep(self.server.latency + len(body) / self.server.bytes_per_second)
        pieces = self.server.pieces if kind == "text/html" else 1
        size = -(-len(body) // pieces)
        for start in range(0, len(body), size):
            time.sleep(PAUSE * (start > 0))
            self.wfile.write(body[start : start + size])

    def log_message(self, *_):
        pass


def answer(folder, name):
    """The file that answers a request for a name in the folder."""
    return folder / name if (folder / name).is_file() else folder / "404.html"


@functools.cache
def transferred(path):
    """The bytes of a file as they go over the line."""
    body = path.read_bytes()
    return body if path.suffix in COMPRESSED else gzip.compress(body, GZIP_LEVEL, mtime=0)


@contextlib.contextmanager
def serve(folder, line=MOBILE, pieces=1):
    """A static host, for a while. A page in pieces is drawn before all of it is there."""
    server = Server(folder, line, pieces)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def find_chromium():
    """The path of a Chromium: $CHROMIUM, Debian's, or one on PATH; None if there is none."""
    named = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    return named if Path(named).exists() else shutil.which("chromium") or shutil.which("google-chrome")


@contextlib.contextmanager
def launch(chromium):
    """Chromium, which cannot reach any host but this one.

    Its pages do without their policy, which forbids the eval by which Playwright waits for a condition:
    test_policy.py has them under it.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            ],
        )
        for name in ("new_context", "new_page"):
            setattr(browser, name, functools.partial(getattr(browser, name), bypass_csp=True))
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """First visits to pages, each with nothing in the cache, in a browser context of their own.

    ``tab`` is Playwright's page, ``sent`` the bytes of each file that the server sent,
    ``complaints`` what a developer would see in red or yellow, ``elsewhere`` the requests to
    other hosts.
    """

    def __init__(self, browser, server, width=1280, scheme="light", javascript=True):
        self.server = server
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=javascript
        )
        self.context.set_default_timeout(PATIENCE)
        self.tab = tab = self.context.new_page()
        self.complaints, self.elsewhere = [], []
        tab.on("console", self._listen)
        tab.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        tab.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url}"))
        tab.on("response", self._answer)
        tab.on("request", lambda request: self._ask(request, server.url))
        self.devtools = self.context.new_cdp_session(tab)
        if javascript:
            tab.add_init_script(WATCH_SHIFTS)
        self.scheme = scheme

    def follow(self, scheme):
        """Have the system in this scheme."""
        if scheme != self.scheme:
            self.tab.emulate_media(color_scheme=scheme)
            self.scheme = scheme

    def set_out(self, page):
        """Ask for a page, as one who was never here; ``arrive`` waits until it has come."""
        self.tab.goto("about:blank")
        self.devtools.send("Network.clearBrowserCache")
        origin = self.server.url.rstrip("/")
        self.devtools.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
        self.complaints.clear()
        self.elsewhere.clear()
        self.server.sent.clear()
        self.tab.goto(self.server.url + page, wait_until="commit")

    def arrive(self):
        self.tab.wait_for_load_state("load")
        self.tab.wait_for_load_state("networkidle")
        self.sent = list(self.server.sent)

    def go(self, page):
        """Go on to a page, with what is in the cache; its tab."""
        self.tab.goto(self.server.url + page)
        return self.tab

    def _listen(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _answer(self, response):
        if response.status >= HTTPStatus.BAD_REQUEST:
            self.complaints.append(f"status {response.status}: {response.url}")

    def _ask(self, request, home):
        if not request.url.startswith((home, "data:", "blob:")):
            self.elsewhere.append(request.url)

    def shift(self):
        """``(cumulative layout shift, what moved)``."""
        shifts = self.tab.evaluate("window.shifts")
        return sum(value for value, _ in shifts), [moved for _, moved in shifts]


@contextlib.contextmanager
def visit(browser, server, page, *arguments, **options):
    """A first visit to one page, in a fresh browser context."""
    opened = Visit(browser, server, *arguments, **options)
    try:
        opened.set_out(page)
        opened.arrive()
        yield opened
    finally:
        opened.context.close()


def as_json(tab, expression):
    """What an expression is, by way of JSON: thousands of numbers, ``evaluate`` brings one by one."""
    return json.loads(tab.evaluate(f"JSON.stringify({expression})"))


def open_lab_at(page, tab, server, **state):
    """Open the lab of a page with this state in the URL, and wait until it has started."""
    tab.goto(server.url + page + ("?" + urlencode(state) if state else ""))
    tab.wait_for_selector("[data-lab][data-ready]")


def query(state):
    """The state of a lab as the end of a URL."""
    return "?" + "&".join(f"{key}={value}" for key, value in state.items())


def run_copied_python(tab, folder):
    """Press "Copy as Python", run what was copied alone in a fresh interpreter: the lines it prints."""
    tab.click("[data-do=python]")
    tab.get_by_text("Python copied").wait_for()
    code = tab.evaluate("navigator.clipboard.readText()")
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.splitlines()


def told(tab):
    """What a lab says: its verdict and why."""
    return "\n".join(filter(None, (tab.inner_text(".gd-verdict"), tab.inner_text(".gd-why"))))
