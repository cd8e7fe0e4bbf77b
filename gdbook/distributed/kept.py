"""A run's checkpoint: what is in it, when it is written, and which run may go on from it."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import gdbook
from gdbook.autodiff import containers
from gdbook.checks.numbers import shown
from gdbook.descent import _name
from gdbook.distributed import checkpoints

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike
    from typing import Any

    from gdbook.distributed.run import Run


class Kept:
    """The file of a run. If it is there, ``run`` is brought to where it was, unless it is of another run.

    ``shards`` is the number of shards of that run, None without a file.
    """

    def __init__(self, path: str | PathLike[str], run: Run, settings: dict[str, Any]) -> None:
        if not isinstance(path, (str, Path)):
            raise TypeError(f"checkpoint must be None or the name of a file, got {shown(path)}")
        self.path = Path(path)
        if not self.path.parent.is_dir():
            raise ValueError(f"checkpoint must be in a folder that exists, got {self.path}")
        self._run = run
        self._settings = _plain(settings, run)
        self._written = -1  # the step that is in the file
        self._rows: list[int] = []
        self.shards: int | None = None
        if self.path.exists():
            self._resume(checkpoints.load(self.path))

    def _resume(self, saved: dict[str, Any]) -> None:
        theirs, ours = saved["settings"], self._settings
        apart = [name for name in ours if theirs.get(name) != ours[name]]
        if apart:
            words = ", ".join(f"{name} {theirs.get(name)}, not {ours[name]}" for name in apart)
            raise ValueError(f"checkpoint must be of this run, got {self.path}, which has {words}")
        t, run = saved["t"], self._run
        if t > len(run._losses):
            raise ValueError(f"steps must be at least the {t} of the checkpoint, got {len(run._losses)}")
        run.t, run._states = t, saved["states"]
        run._losses[:t] = saved["losses"]
        run.w = containers.rebuild(run.w, iter(saved["leaves"]))
        self._written, self._rows, self.shards = t, saved["rows"], len(saved["rows"])

    def write(self) -> None:
        """Write the run as it is now."""
        run = self._run
        content = {
            **{"settings": self._settings, "rows": self._rows, "t": run.t, "losses": run.loss},
            **{"leaves": containers.leaves(run.w), "states": run._states},
        }
        try:
            checkpoints.save(self.path, content)
        except OSError as error:
            error.add_note(f"the checkpoint after step {run.t} could not be written; {self._in_the_file()}")
            raise
        self._written = run.t

    @contextmanager
    def whatever_happens(self, rows: list[int]) -> Iterator[None]:
        """Write the run when it ends, in any way; an error gets a note that says what is in the file."""
        if self._rows and self._rows != rows:
            raise ValueError(f"checkpoint must be of a run on shards of these rows, {rows}, got {self._rows}")
        self._rows = rows
        try:
            yield
        except BaseException as error:
            try:
                if self._written != self._run.t:
                    self.write()
            except OSError as full:
                if full is not error:
                    error.add_note(f"and {full}")
            error.add_note(self._in_the_file())
            raise
        self.write()

    def _in_the_file(self) -> str:
        if self._written < 0:
            return f"there is no checkpoint in {self.path}"
        return f"{self.path} holds the run after step {self._written}: the same call goes on from there"


def _plain(settings: dict[str, Any], run: Run) -> dict[str, str]:
    """What decides the numbers of a run, as text."""
    start = hashlib.sha256()
    for leaf in containers.leaves(run.w):
        start.update(np.ascontiguousarray(leaf).tobytes())
    rate = settings["lr"]
    return {
        "gdbook": gdbook.__version__,
        "rule": _name(settings["rule"]),
        "lr": "a schedule" if callable(rate) else float(rate).hex(),
        "hyper": repr(sorted(settings["hyper"].items())),
        "batch": str(settings["batch"]),
        "seed": str(settings["seed"]),
        "shapes": repr(containers.each(run.w, lambda leaf: (np.shape(leaf), str(np.asarray(leaf).dtype)))),
        "start": start.hexdigest(),
    }
