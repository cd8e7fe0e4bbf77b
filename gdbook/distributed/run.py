"""The loop on a cluster, and what happened in it."""

from __future__ import annotations

import importlib.util
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

import numpy as np

from gdbook.autodiff import containers
from gdbook.checks.numbers import function, rate, shown, whole
from gdbook.descent import _check_hyper, _check_step, _start
from gdbook.distributed.cluster import Steps, connected
from gdbook.distributed.kept import Kept
from gdbook.distributed.needs import dask_distributed
from gdbook.distributed.shards import cut
from gdbook.distributed.work import Problem
from gdbook.mlp import _progress
from gdbook.rules import sgd
from gdbook.rules.checked import bare, is_half

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike
    from typing import Any

    from gdbook.types import Array, Rule, Schedule


class Run:
    """What happened in a run.

    - ``w``: the parameters now, as they were given: an array, or containers of arrays.
    - ``t``: the steps done.
    - ``state``: what the rule remembers of each array, in the same containers; None before the first step.
    - ``loss``: the loss of each step's rows before the step, shape ``(t,)``.
    - ``diverged_at``: the first step whose loss, gradient or new parameters are not finite; None if all are.
      The run stops there, and ``w`` is what it was before that step.
    - ``stopped``: why the run ended: ``"steps"``, ``"stop"`` or ``"diverged"``; None while it goes on.
    - ``dashboard``: where the cluster shows what it does; None if it shows nothing.
    """

    def __init__(self, w: Any, states: list[Any], losses: Array) -> None:
        self.w = w
        self.t = 0
        self.diverged_at: int | None = None
        self.stopped: str | None = None
        self.dashboard: str | None = None
        self._states = states
        self._losses = losses  # room for all steps

    @property
    def loss(self) -> Array:
        """The losses so far."""
        return self._losses[: self.t]

    @property
    def state(self) -> Any:
        """What the rule remembers."""
        return containers.rebuild(self.w, (state[0] if state else None for state in self._states))

    def __repr__(self) -> str:
        ending = f", loss {self.loss[0]:.4g} → {self.loss[-1]:.4g}" if self.t else ""
        if self.diverged_at is not None:
            return f"<Run: diverged at step {self.diverged_at}{ending}>"
        return f"<Run: {self.t} steps{ending}>"


def descend(
    loss: Callable[..., Any],
    w0: Any,
    data: Any,
    rule: Rule = sgd,
    steps: int = 100,
    grad: Callable[..., Any] | bool | None = None,
    lr: float | Schedule = 0.1,
    *,
    batch: int | None = None,
    seed: int = 0,
    shards: int | None = None,
    client: Any = None,
    checkpoint: str | PathLike[str] | None = None,
    every: int = 100,
    stop: Callable[[Run], Any] | None = None,
    **hyper: object,
) -> Run:
    r"""Run ``rule`` from ``w0`` for ``steps`` steps on data that lies on many processes or machines.

    With $N$ rows, $n_k$ of them in shard $k$, and $L_k$ the mean loss of the rows of shard $k$ that the step
    takes, the gradient is

    $$g = \sum_k \frac{n_k}{N} \nabla L_k(w)$$

    which is the gradient of the mean over all rows where the step takes all. Neighbours are summed
    first, as a tree, whatever the order in which they arrive.

    - ``loss``: ``loss(w, *rows)`` is the mean loss of these rows, a number. In plain NumPy, so that
      ``gdbook.autodiff`` can derive it; or with its own gradient: ``grad(w, *rows)``, or ``grad=True`` for a
      loss that returns the pair (value, gradient), as ``gdbook.mlp.loss_and_grad``.
    - ``w0``: a number, an array, or lists, tuples or dicts of arrays; the rule steps each with a state of
      its own.
    - ``data``: an array or a tuple of arrays, a sample a row: NumPy's, or Dask arrays, whose rows may be more
      than memory holds: the workers keep on disk what they have no room for.
    - ``lr``, ``hyper``: as in ``gdbook.descent.descend``.
    - ``batch``: the rows of a step, which the shards give in proportion to theirs; None: all. Each shard
      goes through its rows in an order that ``seed`` decides, so that a row comes once an epoch.
    - ``shards``: into how many pieces the data is cut; None: as many as there are workers, or a Dask array's
      blocks. It decides the order of the sum and the draws: for the same numbers elsewhere, give it.
    - ``client``: None starts a process for each core of this machine, and ends them (the script then needs
      ``if __name__ == "__main__":``); or the address of a Dask scheduler, or a ``distributed.Client``.
    - ``checkpoint``: a file that is written after each ``every`` steps, and when the run ends in any way.
      If it is there already, the run goes on from it, to the numbers that it would have had.
    - ``stop``: ``stop(run)`` is called after each step; the run ends where it is true.

    A worker that is lost is done without, and one that comes is used: the numbers stay the same. Returns a
    ``Run``. Divergence is a result, not an error. In a terminal, longer runs show their progress.

    Raises ValueError or TypeError, with the argument's name and value, for what ``descend`` refuses, data
    that holds NaN or infinity, a loss that cannot be sent to other processes, a checkpoint of another run;
    ImportError without Dask; ConnectionError where the scheduler is gone, RuntimeError where no worker is
    left or versions differ, and OSError where the disk does not take a checkpoint. After the first step an
    error says which checkpoint resumes the run.
    """
    leaves = [_start(leaf) for leaf in containers.leaves(w0)]
    if not leaves:
        raise ValueError(f"w0 must hold at least one number or array, got {shown(w0)}")
    steps, seed, every = whole("steps", steps), whole("seed", seed), whole("every", every, least=1)
    batch = None if batch is None else whole("batch", batch, least=1)
    shards = None if shards is None else whole("shards", shards, least=1)
    function("rule", rule)
    function("loss", loss)
    if not (grad is None or grad is True or callable(grad)):
        raise TypeError(f"grad must be None, True or a function, got {shown(grad)}")
    if stop is not None:
        function("stop", stop)
    if not callable(lr):
        rate("lr", lr)
    checked = [_check_hyper(rule, hyper, leaf) for leaf in leaves]
    dask_distributed()
    problem = _pickled(Problem(loss, grad, w0, seed))

    run = Run(containers.rebuild(w0, iter(leaves)), [[] for _ in leaves], np.full(steps, np.nan))
    settings = {"rule": rule, "lr": lr, "hyper": hyper, "batch": batch, "seed": seed}
    kept = None if checkpoint is None else Kept(checkpoint, run, settings)
    before = kept.shards if kept is not None else None
    with connected(client, shards or before) as made:
        run.dashboard = _dashboard(made)
        cluster = Steps(made, cut(data, shards, before or len(made.nthreads()) or 1), problem, batch)
        with nullcontext() if kept is None else kept.whatever_happens(cluster.rows), _progress(steps) as bar:
            bar.update(run.t)
            while run.stopped is None:
                if run.t and stop is not None and stop(run):
                    run.stopped = "stop"
                elif run.t == steps:
                    run.stopped = "steps"
                else:
                    _step(run, cluster, rule, lr, checked)
                    bar.update()
                    if kept is not None and run.t % every == 0:
                        kept.write()
    return run


def _step(run: Run, cluster: Steps, rule: Rule, lr: float | Schedule, hyper: list[dict[str, Any]]) -> None:
    """One step of the run, or its divergence; ValueError if it is the data that is not finite."""
    leaves = containers.leaves(run.w)
    value, gs = cluster.gradient(leaves, run.t)
    after, states = [], []
    if _finite(value, *gs):
        now = float(rate(f"lr({run.t})", lr(run.t)) if callable(lr) else lr)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for w, g, state, own in zip(leaves, gs, run._states, hyper, strict=True):
                # Checked once, but for half precision, which is the decorator's work.
                step = bare(rule) if state and not is_half(np.asarray(w).dtype) else rule
                moved, *state = _check_step(step(_copy(w), g, *state, lr=now, **own), w, run.t)
                after.append(moved)
                states.append(state)
    elif (found := cluster.not_finite()) is not None:
        array, row = found
        raise ValueError(f"data must be finite, got NaN or infinity in array {array}, row {row}")
    if not after or not _finite(*after):
        run.diverged_at, run.stopped = run.t, "diverged"
        return
    run._losses[run.t] = value
    run.w, run._states, run.t = containers.rebuild(run.w, iter(after)), states, run.t + 1


def _finite(*values: Any) -> bool:
    return all(bool(np.all(np.isfinite(value))) for value in values)


def _copy(w: Any) -> Any:
    return w.copy() if hasattr(w, "copy") else w  # a rule may write into what it is given


def _pickled(problem: Problem) -> bytes:
    """The problem as the workers get it; TypeError if it cannot be sent."""
    import cloudpickle  # it comes with Dask

    try:
        return cloudpickle.dumps(problem)
    except Exception as error:
        raise TypeError(
            "loss and grad must be functions that can be sent to other processes: without locks, open files "
            f"or connections among the values that they use ({error})"
        ) from error


def _dashboard(client: Any) -> str | None:
    """The link to the dashboard, which Dask has where bokeh is installed; shown in a terminal."""
    link = client.dashboard_link if importlib.util.find_spec("bokeh") else None
    if link and sys.stderr.isatty():
        print(f"dashboard: {link}", file=sys.stderr)
    return link
