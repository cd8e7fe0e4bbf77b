"""Recorded runs of other libraries, and how far this package's rules are from them.

One problem, stepped by the real torch.optim, optax and the papers' own code, and recorded as JSON
in ``docs/reference/trajectories``: a file a rule. ``tests/reference/record_rules.py`` makes the
files; here a rule of this package is run on the same problem and compared.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gdbook.checks.numbers import known
from gdbook.gradients import coupled_weight_decay
from gdbook.rules import RULES
from gdbook.rules.matrix import MATRICES
from gdbook.schedules import SCHEDULES, cosine, warmup

if TYPE_CHECKING:
    from typing import Any

    from gdbook.types import Array, Schedule


REPOSITORY = Path(__file__).parents[2]
TRAJECTORIES = REPOSITORY / "docs" / "reference" / "trajectories"
RATES = REPOSITORY / "tests" / "reference" / "schedules.json"
STEPS = 200
KEPT = (1, 2, 5, 20, 100, 200)  # the steps after which a file holds the parameters
SHAPES = {"vector": (5,), "matrix": (4, 3)}


def shapes(name: str) -> list[str]:
    """The keys in ``SHAPES`` of what a rule takes."""
    return ["matrix"] if name in MATRICES else list(SHAPES)


def start(shape: tuple[int, ...]) -> Array:
    """Where every run starts: numbers of both signs between −2 and 2."""
    return 2 * np.cos(np.arange(np.prod(shape))).reshape(shape)


def gradient(w: Array, t: int) -> Array:
    r"""The gradient at step t: $\lambda w + \cos(0.7\,t + \varphi)$, element by element.

    A quadratic of curvatures λ from 0.1 to 3 under a force that swings, each element with a phase φ of
    its own: gradients of both signs, and an error in ``w`` comes back in the next gradient.
    """
    phase = np.arange(w.size).reshape(w.shape)
    return np.geomspace(0.1, 3, w.size).reshape(w.shape) * w + np.cos(0.7 * t + phase)


def recorded(name: str) -> list[dict[str, Any]]:
    """The recorded runs of a rule: a list of dicts.

    ``library`` and ``version`` say whose run it is; ``hyper`` the rule's hyperparameters; ``shape`` the
    key in ``SHAPES``; ``coupled`` the weight decay that was added to the gradient; ``w`` the parameters after
    each step of ``KEPT``, as nested lists. Raises ValueError for a rule without a record.
    """
    return json.loads(known("recorded rule", name, files()).read_text())["runs"]


def files() -> dict[str, Path]:
    """The files of the recorded runs, by the name of the rule."""
    return {path.stem: path for path in sorted(TRAJECTORIES.glob("*.json"))}


def replay(name: str, run: dict[str, Any]) -> Array:
    """The parameters of this package's rule after each step of ``KEPT``, on a recorded run's problem."""
    state: Any
    rule, w, state, kept = RULES[name], start(SHAPES[run["shape"]]), (), []
    for t in range(STEPS):
        g = coupled_weight_decay(w, gradient(w, t), run["coupled"])
        w, *state = rule(w, g, *state, **run["hyper"])
        if t + 1 in KEPT:
            kept.append(w)
    return np.array(kept)


def difference(name: str, run: dict[str, Any]) -> float:
    """The largest relative difference between a recorded run and this package's.

    At each kept step: the largest difference of an element, over the size of the largest element.
    """
    theirs, ours = np.array(run["w"]), replay(name, run)
    elements = tuple(range(1, theirs.ndim))
    return float(np.max(np.abs(ours - theirs).max(elements) / np.abs(theirs).max(elements)))


def recorded_schedules() -> list[dict[str, Any]]:
    """The recorded schedules of other libraries: dicts with ``name``, ``library``, ``arguments``, ``lr``."""
    return json.loads(RATES.read_text())["schedules"]


def schedule_of(case: dict[str, Any]) -> Schedule:
    """The schedule of this package for a recorded one."""
    name, arguments = case["name"], dict(case["arguments"])
    if name == "warmup":
        after = cosine(arguments["lr"], arguments["steps"])
        return warmup(after, arguments["warmup_steps"], arguments["start"])
    return SCHEDULES[name](**arguments)


def schedule_difference(case: dict[str, Any]) -> float:
    """The largest difference of a rate from the recorded one, over the largest rate."""
    schedule, theirs = schedule_of(case), case["lr"]
    return max(abs(schedule(t) - lr) for t, lr in enumerate(theirs)) / max(theirs)
