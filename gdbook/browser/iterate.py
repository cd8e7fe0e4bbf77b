"""The loop on plain floats, one coordinate after the other.

This is the loop that runs in the reader's browser: it is translated together with the rules and
the losses. ``gdbook.descent.descend`` does the same on arrays, with checks of what it is given;
the tests hold the two against each other.
"""

from __future__ import annotations

from math import isfinite

from gdbook.checks.numbers import finite, given, not_negative, ordinary, shown

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from gdbook.functions import Function
    from gdbook.types import Array


def iterate(
    f: Function,
    start: list[float],
    step: Callable[[float, float, Any], tuple[float, Any]],
    states: list[Any],
    steps: int,
) -> tuple[list[list[float]], list[float], list[list[float]]]:
    """Take ``steps`` steps on ``f`` from ``start``: ``(points, losses, gradients)``.

    - ``f``: a function of ``gdbook.functions``;
    - ``start``: a list of ``f.dim`` floats;
    - ``step``: an element-wise rule with its hyperparameters given, ``step(w, g, state)``;
    - ``states``: the rule's state before the first step, a list with one for each coordinate.

    The three lists are for t = 0, 1, …, steps; each point and gradient is a list of ``f.dim``
    floats. They are shorter where a value overflowed: then the run diverged at t = their length.
    """
    points, losses, gradients = [], [], []
    w = start
    for _t in range(steps + 1):
        here = w if f.dim == 2 else w[0]
        loss = f.value(here)
        grad = f.grad(here) if f.dim == 2 else [f.grad(here)]
        finite = isfinite(loss)
        for i in range(f.dim):
            finite = finite and isfinite(w[i]) and isfinite(grad[i])
        if not finite:
            break
        points.append(w)
        losses.append(loss)
        gradients.append(grad)
        w, states = w[:], states[:]
        for i in range(f.dim):
            w[i], states[i] = step(w[i], grad[i], states[i])
    return points, losses, gradients


def _pairs(name: str, values: Any) -> Any:
    """A list, or an array, of pairs of numbers."""
    if not isinstance(values, (list, tuple)) and len(getattr(values, "shape", ())) != 2:
        raise TypeError(f"{name} must be a list of pairs such as [[1.0, 0.5]], got {shown(values)}")
    for pair in ordinary(name, values):
        if (not isinstance(pair, (list, tuple)) and not getattr(pair, "shape", ())) or len(pair) != 2:
            raise ValueError(f"{name} must hold pairs of numbers, got {shown(pair)} among them")
        for number in pair:
            if number == number:  # a run that has diverged ends in NaN
                finite(f"each number of {name}", number)
    return values


@given(points=_pairs, minima=_pairs, near=not_negative)
def arrival(
    points: Array | Sequence[Sequence[float]], minima: Sequence[Sequence[float]], near: float
) -> list[int]:
    """From which step on a run is within ``near`` of a minimum: ``[t, index of the minimum]``.

    ``points`` and ``minima`` hold pairs. A run that only passes by has not arrived: from t on all
    points are near. ``[-1, -1]`` if the last point is near no minimum.
    """
    for k in range(len(minima)):
        t = len(points)
        while t > 0:
            dx, dy = points[t - 1][0] - minima[k][0], points[t - 1][1] - minima[k][1]
            if not dx * dx + dy * dy <= near * near:
                break
            t -= 1
        if t < len(points):
            return [t, k]
    return [-1, -1]
