r"""What a run shows, measured on the run itself: for comparison with ``gdbook.theory``."""

from __future__ import annotations

import functools

from gdbook.checks.numbers import above_zero, function, given, is_real, listed, shown, whole

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from gdbook.types import F, Rule


def _numbers(name: str, values: Any) -> Any:
    """A list, or an array, of numbers; they may be infinite or NaN."""
    if not all(map(is_real, listed(name, values))):
        raise TypeError(f"{name} must hold real numbers, got {shown(values)}")
    return values


def _points(name: str, points: Any) -> Any:
    """A list of points, each a list of as many numbers."""
    if not isinstance(points, (list, tuple)) and len(getattr(points, "shape", ())) != 2:
        raise TypeError(f"{name} must be a list of points, such as [[1.0], [0.5]], got {shown(points)}")
    if len({len(_numbers(name, point)) for point in points}) > 1:
        raise ValueError(f"{name} must be of as many coordinates each, got {shown(points)}")
    return points


def _size(name: str, value: Any) -> int:
    return whole(name, value, least=1)


def _as_many(function: F) -> F:
    @functools.wraps(function)
    def checked(points: Any, losses: Any, lr: float) -> Any:
        if len(losses) != len(points):
            raise ValueError(f"losses must be as many as points, {len(points)}, got {len(losses)}")
        return function(points, losses, lr)

    return checked  # type: ignore[return-value]  # wraps gives it the signature


@given(points=_points, losses=_numbers, lr=above_zero)
@_as_many
def energies(points: Sequence[Sequence[float]], losses: Sequence[float], lr: float) -> list[float]:
    r"""Loss plus energy of motion, $f(w_t) + |w_{t+1} - w_t|^2 / 2\eta$, for each step but the last.

    A swing trades the one for the other, so their sum falls steadily where the loss alone goes up
    and down. ``points`` and ``losses`` are lists, as ``iterate`` returns them, or a trace's as
    ``trace.w.tolist()``.
    """
    sums = []
    for t in range(len(points) - 1):
        motion = 0.0
        for i in range(len(points[t])):
            moved = points[t + 1][i] - points[t][i]
            motion += moved * moved
        sums.append(losses[t] + motion / (2 * lr))
    return sums


@given(energy=_numbers)
def measured_rate(energy: Sequence[float]) -> float:
    """The factor by which a distance shrinks in one step, from the energies of a run.

    Taken over the second half of the run, when the slowest direction is all that is left. The
    energy goes with the square of the distance. Energies too small or too large to be exact in
    double precision are left out; 0 where nothing is left to compare.
    """
    last = len(energy) - 1
    while last > 0 and not (energy[last] > 1e-280 and energy[last] < 1e280):
        last -= 1
    half = last // 2
    while half < last and not (energy[half] > 1e-280 and energy[half] < 1e280):
        half += 1
    if last == half:
        return 0.0
    return (energy[last] / energy[half]) ** (0.5 / (last - half))


@given(rule=function, rows=_size, columns=_size)
def numbers_kept(rule: Rule, rows: int, columns: int) -> float:
    """How many numbers ``rule`` keeps for each parameter of a matrix: counted in its state after two steps.

    Single numbers, such as a count of steps, are left out. A rule that takes an estimate of the
    Hessian's diagonal is given one. Needs NumPy.
    """
    import numpy as np

    from gdbook.descent import hyperparameters

    w = np.ones((rows, columns))
    g = np.random.default_rng(0).normal(size=w.shape)
    given = {"h": w} if "h" in (hyperparameters(rule) or ()) else {}
    state: Any = ()
    for _ in range(2):
        result = rule(w, g, *state, **given)
        if not isinstance(result, tuple) or np.shape(result[:1]) != (1, *w.shape):
            raise TypeError(f"rule must return (w, state), got {shown(result)}")
        w, *state = result
    (state,) = state
    parts = state if isinstance(state, tuple) else (state,)
    return sum(part.size for part in parts if getattr(part, "size", 1) > 1) / w.size
