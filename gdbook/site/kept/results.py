"""What tasks give: kept from before where all that they used is as it was, else done by the crew.

An entry has two steps. Under what was asked (the task, and the versions of Python and of all libraries)
stands what it used when it was last done: names of the package, files. Under that, as it is now, stands what
it gave.
"""

import hashlib
import json
import os
import platform
import sys
import time
from pathlib import Path

from gdbook.site.kept.crew import Died
from gdbook.site.kept.store import digest
from gdbook.site.kept.tasks import perform

VARIANTS = 8  # sets of names and files that one task may have used in turn, the last first
USUAL = 0.05  # seconds: what a task is taken to cost that was never done


class TaskFailed(Exception):
    """A task did not give a text. ``how`` is "failed", "exit", "wrong" or "died"; the message says what."""

    def __init__(self, how, what):
        super().__init__(what)
        self.how = how


class Pending(Exception):
    """A task is not done yet, and the build does not wait for it."""


class Results:
    """The answers to the tasks of one build."""

    def __init__(self, store, sources, crew, root, progress):
        self.store, self.sources, self.crew = store, sources, crew
        self.root, self.progress = Path(root), progress
        self.begun = time.time()
        self.states, self.futures, self.asked, self.pending = {}, {}, [], False
        self.places, self.roots = {}, {}  # futures by page, roots by key
        self.wait = True

    def carry_on(self, before):
        """Take over what is still under way from the build before, which did not wait for it."""
        self.futures, self.places, self.roots = before.futures, before.places, before.roots
        self.begun = before.begun
        self.wait = False

    def is_done(self, place):
        """Whether all that a page sent to the crew is done."""
        return all(future.done() for _, future in self.places.get(place, ()))

    # Keys.

    def key(self, kind, text, options):
        """What is asked. The hash seed and the like must not matter, and the tests see that they do not."""
        return digest(kind, text, options, versions(), doers(kind))

    def state(self, name):
        """What a file or folder of the project is now."""
        if name not in self.states:
            path = self.root / name
            try:
                if path.is_dir():
                    told = digest(sorted(os.listdir(path)))
                else:
                    told = hashlib.sha256(path.read_bytes()).hexdigest()
            except OSError:
                told = "-"
            self.states[name] = told
        return self.states[name]

    def now(self, names, files):
        """A hash of all that was used, as it is now."""
        return digest(self.sources.digest(names), [[name, self.state(name)] for name in files])

    def kept(self, kind, text, options):
        """``(answer, used)`` from before, if nothing that it used has changed; else ``(None, None)``."""
        key = self.key(kind, text, options)
        for used in self.store.get_json("used", key) or []:
            answer = self.store.get("given", digest(key, self.now(used["names"], used["files"])))
            if answer is not None:
                return answer, used
        return None, None

    def _keep(self, kind, text, options, roots, answer):
        static = {tuple(root) for root in (*roots, *doers(kind))}
        modules = {target for target, _ in static}
        # What the code imports in words is known better from its text than from its imports.
        names = static | {
            tuple(n) for n in answer["names"] if n[0] not in modules and f"{n[0]}.{n[1]}" not in modules
        }
        used = {"names": sorted(map(list, names)), "files": answer["files"], "seconds": answer["seconds"]}
        if not self.store.writable or self._too_new(used):
            return None
        key = self.key(kind, text, options)
        before = [
            other for other in self.store.get_json("used", key) or []
            if (other["names"], other["files"]) != (used["names"], used["files"])
        ]  # fmt: skip
        self.store.put("given", digest(key, self.now(used["names"], used["files"])), answer["text"])
        self.store.put_json("used", key, [used, *before][:VARIANTS])
        return used

    def _too_new(self, used):
        """Whether something that was used has changed since the build began: it is not known which was."""
        paths = [self.root / name for name in used["files"]]
        paths += [self.sources.path(module) for module, _ in self.sources.reached(used["names"])]
        for path in set(paths):
            try:
                if path.stat().st_mtime > self.begun:
                    return True
            except OSError:
                continue
        return False

    # Asking.

    def ahead(self, place, tasks):
        """Send the tasks of a page that are not kept to the crew, as one job; ``place`` names it."""
        missing, cost = [], 0.0
        for kind, text, options, roots in tasks:
            key = self.key(kind, text, options)
            if key in self.futures or self.kept(kind, text, options)[0] is not None:
                continue
            missing.append((key, (kind, text, options)))
            self.roots[key] = roots
            known = self.store.get_json("used", key)
            cost += known[0]["seconds"] if known else USUAL
        if missing:
            # Where the build waits, the longest first; else the pages that are soon complete.
            futures = self.crew.submit([task for _, task in missing], cost if self.wait else -cost)
            self.progress.more(len(missing))
            for (key, task), future in zip(missing, futures, strict=True):
                self.futures[key] = future
                self.places.setdefault(place, []).append((task, future))
                future.add_done_callback(lambda done, task=task: self.progress.done(place, task, done))

    def keep_done(self):
        """Keep what is done although nobody asked for it: the build failed before."""
        for place in list(self.places):
            for task, future in self.places[place]:
                if future.done() and not future.cancelled() and not future.exception():
                    answer = future.result()
                    if answer["ended"] == "done":
                        kind, text, options = task
                        self._keep(kind, text, options, self.roots[self.key(*task)], answer)

    def give(self, kind, text, options, roots):
        """The answer to a task; TaskFailed where it has none."""
        key = self.key(kind, text, options)
        if key not in self.futures:
            answer, used = self.kept(kind, text, options)
            if answer is not None:
                self.asked.append(used)
                return answer
            self.ahead("this page", [(kind, text, options, roots)])
        future = self.futures[key]
        if not future.done():
            if not self.wait:
                self.pending = True
                self.asked.append(None)
                raise Pending
            self.crew.first(future)
        try:
            answer = future.result()
        except Died as died:
            raise TaskFailed("died", died.how) from None
        if answer["ended"] != "done":
            raise TaskFailed(answer["ended"], answer["text"])
        self.asked.append(self._keep(kind, text, options, roots, answer))
        return answer["text"]


def doers(kind):
    """What does a task of this kind: an edit of it is seen, as one of what the task uses is."""
    return [("gdbook.site.kept.tasks", kind), ("gdbook.site.kept.worker", "_as_fresh")]


build: Results | None = None  # of the build that goes on; without one, tasks are done here and now


def ask(kind, text, roots, **options):
    """What a task gives, in this build."""
    told = json.dumps(options, sort_keys=True)
    if build is not None:
        return build.give(kind, text, told, roots)
    ended, given = perform(kind, text, told)
    if ended != "done":
        raise TaskFailed(ended, given)
    return given


def uses(path):
    """Note a file of the project that the page which is converted depends on."""
    if build is not None:
        build.asked.append({"names": [], "files": [str(path)]})


def roots(code):
    """What a block of code uses of the package, as far as its text says."""
    return [] if build is None else build.sources.roots(code) or []


def versions():
    """Python, and each library that is installed, by the names of the folders that say so."""
    global _versions
    if _versions is None:
        found = set()
        for place in sys.path:
            try:
                found |= {
                    name for name in os.listdir(place or ".") if name.endswith((".dist-info", ".egg-info"))
                }
            except OSError:
                continue
        _versions = [platform.python_version(), platform.machine(), sys.platform, *sorted(found)]
    return _versions


_versions: list[str] | None = None
