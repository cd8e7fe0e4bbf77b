"""The workers as the build sees them: jobs go out to as many processes as there are cores, answers return."""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import Future
from pathlib import Path


class Died(Exception):
    """A worker ended before its task did; ``how`` says how."""

    def __init__(self, how):
        super().__init__(how)
        self.how = how


class Crew:
    """Processes that do tasks, ``size`` at once. A job is the tasks of one page; its answers are futures."""

    def __init__(self, root, size=None):
        self.root, self.size = Path(root), size or len(os.sched_getaffinity(0))
        self.numbers, self.waiting, self.jobs = itertools.count(), [], {}
        self.lock = threading.RLock()
        self.process = None

    def submit(self, tasks, cost=0.0):
        """A future for each task ``(kind, text, options)``; a job of a higher cost goes first."""
        futures: list[Future] = [Future() for _ in tasks]
        with self.lock:
            job = {"job": next(self.numbers), "tasks": [list(task) for task in tasks]}
            self.waiting.append((-cost, job["job"], job, futures))
            self.waiting.sort(key=lambda entry: entry[:2])
            self._start()
            self._send()
        return futures

    def first(self, future):
        """Let the job of a future go before all others: the build waits for it."""
        with self.lock:
            self.waiting.sort(key=lambda entry: future not in entry[3])

    def drop(self):
        """Forget the jobs that have not begun."""
        with self.lock:
            waiting, self.waiting = self.waiting, []
        for *_, futures in waiting:
            for future in futures:
                future.cancel()

    def close(self):
        """End all processes; what was not done is cancelled."""
        with self.lock:
            self.waiting.clear()
            process, self.process = self.process, None
            jobs, self.jobs = self.jobs, {}
        for _, futures, _ in jobs.values():
            for future in futures:
                future.cancel()
        if process:
            with contextlib.suppress(OSError):
                os.close(self.telling)  # it kills its own and ends
            process.wait()
            self.listener.join()
            self.spool.cleanup()

    # What goes on behind.

    def _start(self):
        if self.process:
            return
        self.spool = tempfile.TemporaryDirectory(prefix="gdbook-")
        told, self.telling = os.pipe()
        heard, answering = os.pipe()
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; sys.argv = ['gdbook']\n"
            "from gdbook.site.kept.worker import main\n"
            f"main({str(self.root)!r}, {self.spool.name!r}, {told}, {answering})"
        )
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            pass_fds=(told, answering),
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(told)
        os.close(answering)
        self.listener = threading.Thread(target=self._listen, args=(heard,), daemon=True)
        self.listener.start()

    def _send(self):
        while self.waiting and len(self.jobs) < self.size:
            _, number, job, futures = self.waiting.pop(0)
            self.jobs[number] = [job, futures, 0]
            line = json.dumps(job).encode() + b"\n"
            threading.Thread(target=self._write, args=(line,), daemon=True).start()

    def _write(self, line):
        with self.lock, contextlib.suppress(OSError):
            while line:
                line = line[os.write(self.telling, line) :]

    def _listen(self, heard):
        with os.fdopen(heard) as answers:
            for line in answers:
                self._hear(json.loads(line))
        with self.lock:
            jobs, self.jobs = self.jobs, {}
            waiting, self.waiting = self.waiting, []
        for futures in [entry[1] for entry in jobs.values()] + [entry[3] for entry in waiting]:
            for future in futures:
                if not future.done():
                    future.set_exception(Died("the process that starts the workers ended"))

    def _hear(self, answer):
        if "ready" in answer:
            return
        with self.lock:
            job = self.jobs.get(answer["job"])
            if job is None:
                return
            _, futures, _ = job
            if "began" in answer:
                job[2] = answer["task"]
            elif "place" in answer:
                place = Path(answer["place"])
                futures[answer["task"]].set_result(json.loads(place.read_text()))
                place.unlink()
            else:
                del self.jobs[answer["job"]]
                left = [future for future in futures if not future.done()]
                for number, future in enumerate(left):
                    how = _how(answer["exit"])
                    future.set_exception(
                        Died(how if not number else f"the block before it did not end: {how}")
                    )
                self._send()


def _how(code):
    if code >= 0:
        return f"its process ended with {code}"
    name = signal.Signals(-code).name
    hint = " (was there too little memory?)" if name == "SIGKILL" else ""
    return f"its process was ended by {name}{hint}"
