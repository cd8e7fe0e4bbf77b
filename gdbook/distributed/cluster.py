"""A step on a Dask cluster, done again where a machine was lost in it."""

from __future__ import annotations

import itertools
import time
import uuid
import warnings
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import numpy as np

from gdbook.checks.numbers import shown
from gdbook.distributed import work
from gdbook.distributed.draws import apportioned
from gdbook.distributed.needs import dask_distributed
from gdbook.distributed.shards import homes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

LOOK = 0.5  # seconds without an answer after which it is looked whether the workers are still there
WAIT = 60.0  # seconds that a cluster without workers is waited for
LETTER = (
    2**16
)  # bytes of parameters that go with each task; more are sent once, and then from worker to worker
TOGETHER = 2**26  # bytes of data that one task takes; where a worker has more it need not hold all at once
FAN = 8  # parts that one task adds: a level of the tree costs as long as many small gradients
LOSSES = 5  # times that one step may lose a worker: after that it is the step that ends them


class Lost(Exception):
    """A worker is gone, and something of the step with it."""


@contextmanager
def connected(client: Any, most: int | None) -> Iterator[Any]:
    """The client; one for an address; or one of a cluster on this machine. What is made is closed.

    ``most`` bounds the worker processes of that cluster, of which there is one for each core.
    """
    distributed = dask_distributed()
    with ExitStack() as stack:
        if isinstance(client, distributed.Client):
            if client.asynchronous:
                raise TypeError("client must not be asynchronous: Client(address) without asynchronous=True")
            made = client
        elif isinstance(client, str):
            try:
                made = stack.enter_context(distributed.Client(client, set_as_default=False))
            except OSError as error:
                raise ConnectionError(f"client must be the address of a scheduler, got {client!r}") from error
        elif client is None:
            cluster = stack.enter_context(_embedded(distributed, most))
            made = stack.enter_context(distributed.Client(cluster, set_as_default=False))
        else:
            raise TypeError(f"client must be None, an address or a distributed.Client, got {shown(client)}")
        stack.enter_context(made.as_current())
        yield made


def _embedded(distributed: Any, most: int | None) -> Any:
    import multiprocessing

    from dask.system import CPU_COUNT

    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise RuntimeError(
            "the worker processes run your script again, up to here, so that it starts workers without end: "
            'put what starts the run under  if __name__ == "__main__":'
        )
    return distributed.LocalCluster(
        n_workers=min(CPU_COUNT, most or CPU_COUNT), threads_per_worker=1, dashboard_address=":0"
    )


class Steps:
    """The shards on their workers, and gradients of them all.

    ``shards`` as ``shards.cut`` gives them, ``problem`` a pickled ``work.Problem``, ``batch`` the rows of a
    step (None: all).
    """

    def __init__(self, client: Any, shards: list[Any], problem: bytes, batch: int | None) -> None:
        self._client = client
        self._shards = shards
        self._problem = problem
        self._run = uuid.uuid4().hex[:8]  # in the names of the tasks
        self._tasks = itertools.count()
        self._refused: set[str] = set()
        self._homes: list[str | None] = [None] * len(shards)
        self._placed: list[Any] = [None] * len(shards)
        self._problems: dict[str, Any] = {}
        self._next_look = 0.0
        sizes = self._surely(lambda: self._answers(self._of_each(work.size)))
        self.rows = [rows for rows, _ in sizes]
        self._bytes = [size for _, size in sizes]
        total = sum(self.rows)
        if batch is not None and not len(shards) <= batch <= total:
            raise ValueError(
                f"batch must be from {len(shards)}, a row for each shard, to the {total} rows of data, "
                f"got {batch}"
            )
        self._sizes = self.rows if batch is None else apportioned(batch, self.rows)
        self._shares = [n / total for n in self.rows]

    def gradient(self, leaves: list[Any], t: int) -> work.Part:
        """The loss and the gradient at ``leaves`` of the rows of step ``t``."""
        return self._surely(lambda: self._sum(leaves, t))

    def not_finite(self) -> tuple[int, int] | None:
        """The array and the row of the data that first hold NaN or infinity, or None."""

        def look() -> tuple[int, int] | None:
            found = self._answers(self._of_each(work.not_finite))
            for k, one in enumerate(found):
                if one is not None:
                    return one[0], sum(self.rows[:k]) + one[1]
            return None

        return self._surely(look)

    def _of_each(self, function: Any) -> list[Any]:
        """A task for each shard, where it is."""
        pairs = zip(self._homes, self._placed, strict=True)
        return [self._at(home, function, rows) for home, rows in pairs]

    def _sum(self, leaves: list[Any], t: int) -> work.Part:
        sent: Any = leaves
        if sum(np.asarray(leaf).nbytes for leaf in leaves) > LETTER:
            # To one worker; the others take it from one another.
            sent = self._client.scatter([leaves], hash=False, workers=[self._homes[0]])[0]
        total = len(self.rows)
        sums = [
            (home, self._at(home, work.parts, self._problems[home], self._rows_at(ks), sent, total, t))
            for home, ks in self._together()
        ]
        while len(sums) > FAN:
            groups = [sums[i : i + FAN] for i in range(0, len(sums), FAN)]
            sums = [
                (group[0][0], self._at(group[0][0], work.merged, total, *(one for _, one in group)))
                for group in groups
            ]
        found = self._answers([one for _, one in sums])
        [whole] = work.merged(total, *found).values()
        return whole

    def _together(self) -> list[tuple[str, list[int]]]:
        """Shards of one worker that one task takes: all of them, if they are no more than ``TOGETHER``."""
        groups: list[tuple[str, list[int]]] = []
        for home in dict.fromkeys(self._homes):
            room = 0
            for k in (k for k, other in enumerate(self._homes) if other == home):
                room -= self._bytes[k]
                if room < 0:
                    groups.append((str(home), []))
                    room = TOGETHER - self._bytes[k]
                groups[-1][1].append(k)
        return groups

    def _rows_at(self, ks: list[int]) -> list[Any]:
        """What ``work.parts`` needs of these shards."""
        return [[k, self._placed[k], self._shares[k], self._sizes[k]] for k in ks]

    def _at(self, home: str | None, function: Any, *args: Any) -> Any:
        """A task on this worker, and on no other: the data does not travel."""
        return self._client.submit(
            function,
            *args,
            key=f"{function.__name__}-{self._run}-{next(self._tasks)}",
            workers=[home],
            allow_other_workers=False,
            pure=False,
        )

    def _surely(self, attempt: Any) -> Any:
        """What ``attempt`` returns, with the shards placed anew and another attempt for each lost worker."""
        for _ in range(LOSSES):
            try:
                self._place()
                return attempt()
            except Lost:
                self._next_look = 0.0
        raise RuntimeError(
            f"a worker was lost in each of {LOSSES} attempts at one step: does the loss end its process, or "
            "take more memory than a worker has?"
        )

    def _place(self) -> None:
        """Put each shard where it should be with the workers that are there now."""
        if time.monotonic() < self._next_look:
            return
        workers = self._workers()
        self._next_look = time.monotonic() + LOOK
        after = homes(self._homes, workers)
        for home in sorted(set(after) - self._problems.keys()):
            [blob] = self._client.scatter([self._problem], hash=False, workers=[home])
            self._problems[home] = self._client.submit(
                _opened, blob, workers=[home], allow_other_workers=False, pure=False
            )
        for k, (old, new) in enumerate(zip(self._homes, after, strict=True)):
            if old != new:
                self._homes[k], self._placed[k] = new, self._sent(k, new)
        for home in self._problems.keys() - set(after):
            del self._problems[home]

    def _sent(self, k: int, home: str) -> Any:
        """Shard ``k``, on its way to a worker."""
        parts = self._shards[k]
        if hasattr(parts[0], "dask"):
            import dask

            whole = dask.delayed(work.loaded, pure=False)(*parts)
            return self._client.compute(whole, workers=[home], allow_other_workers=False)
        [raw] = self._client.scatter([parts], hash=False, workers=[home])
        return self._client.submit(_loaded, raw, workers=[home], allow_other_workers=False, pure=False)

    def _workers(self) -> list[str]:
        """The addresses of the workers that have this machine's versions; waits while there are none."""
        distributed = dask_distributed()
        try:
            there = sorted(self._client.nthreads())
            if not there:
                self._client.wait_for_workers(1, timeout=WAIT)
                there = sorted(self._client.nthreads())
        except distributed.TimeoutError as error:
            raise RuntimeError(f"no worker is left, and none came within {WAIT:g} seconds") from error
        except (OSError, ValueError, AttributeError) as error:
            raise self._gone() from error
        new = [worker for worker in there if worker not in self._problems and worker not in self._refused]
        if new:
            self._compare(new)
        fit = [worker for worker in there if worker not in self._refused]
        if not fit:
            raise Lost
        return fit

    def _compare(self, new: list[str]) -> None:
        """Refuse workers that have other versions: an error at the start, a warning for who comes later."""
        ours = work.versions()
        try:
            answers = self._client.run(work.versions, workers=new, on_error="return")
        except OSError as error:
            raise Lost from error
        for worker, theirs in answers.items():
            if theirs == ours:
                continue
            if isinstance(theirs, OSError):
                raise Lost
            if isinstance(theirs, Exception):
                words = f"cannot say its versions: {theirs!r}"
            else:
                apart = [name for name in ours if theirs.get(name) != ours[name]]
                words = ", ".join(f"has {name} {theirs.get(name)}, not {ours[name]}" for name in apart)
            if not self._problems:
                raise RuntimeError(f"the worker {worker} {words}: install the same versions everywhere")
            self._refused.add(worker)
            warnings.warn(f"the worker {worker} is left out: it {words}", RuntimeWarning, stacklevel=2)

    def _answers(self, futures: list[Any]) -> list[Any]:
        """The results; ``Lost`` if a worker that they need is gone."""
        distributed = dask_distributed()
        while True:
            try:
                distributed.wait(futures, timeout=LOOK)
                return self._client.gather(futures)
            except distributed.TimeoutError:
                if any(future.status == "error" for future in futures):
                    return self._client.gather(futures)
                self._look()
            except (distributed.CancelledError, distributed.KilledWorker) as error:
                if self._client.status != "running":
                    raise self._gone() from error
                raise Lost from error

    def _look(self) -> None:
        """``Lost`` if a worker with a shard is gone."""
        if self._client.status != "running":
            raise self._gone()
        if not set(self._homes) <= set(self._workers()):
            raise Lost

    def _gone(self) -> ConnectionError:
        address = getattr(self._client.scheduler, "address", "")
        return ConnectionError(f"the scheduler {address} cannot be reached any more".replace("  ", " "))


def _loaded(parts: tuple[Any, ...]) -> work.Rows:
    return work.loaded(*parts)


def _opened(problem: bytes) -> work.Problem:
    import cloudpickle

    return cloudpickle.loads(problem)
