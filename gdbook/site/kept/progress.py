"""How far the build is: which block runs, how many are left, the five slowest at the end."""

import logging
import sys
import threading
import time

SHOWN = 5
EVERY = 0.5  # seconds between two lines on a terminal

log = logging.getLogger("mkdocs.gdbook")


class Progress:
    """Counts tasks; writes one line that is written over on a terminal, and a summary to the log."""

    def __init__(self):
        self.lock = threading.Lock()
        self.total, self.ended, self.times, self.last, self.before = 0, 0, [], "", 0.0
        self.terminal = sys.stderr.isatty()

    def more(self, tasks):
        with self.lock:
            self.total += tasks

    def done(self, place, task, future):
        with self.lock:
            self.ended += 1
            self.last = f"{place}: {first_line(task[1])}"
            if not future.cancelled() and not future.exception():
                self.times.append((future.result()["seconds"], self.last))
            line = self.line()
            now = time.monotonic()
            if self.terminal and now - self.before > EVERY:
                self.before = now
                print(f"\r\x1b[K{line[:100]}", end="", file=sys.stderr, flush=True)

    def line(self):
        """For people: what was last done and how many are left."""
        return f"{self.ended} of {self.total} blocks, last {self.last}" if self.total else "no block to run"

    def end(self):
        """Say what was done, and which took the longest."""
        if self.terminal and self.before:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        if not self.total:
            return
        log.info(f"{self.ended} of {self.total} blocks were run, the others kept from before. The slowest:")
        for seconds, name in sorted(self.times, reverse=True)[:SHOWN]:
            log.info(f"  {seconds:5.2f} s  {name}")


def first_line(text):
    """The first line of a block that is no import."""
    lines = [line.strip() for line in text.strip().splitlines()]
    telling = [line for line in lines if line and not line.startswith(("import ", "from ", "#"))]
    return (telling or lines or [""])[0][:60]
