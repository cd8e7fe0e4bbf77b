"""Curves, drawn where the program runs: by Matplotlib, or in a page of the book."""

from __future__ import annotations

import json
import sys
from math import isfinite

from gdbook.checks.numbers import switch

TYPE_CHECKING = False  # typing's own, which small Pythons do not have
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

__all__ = ["plot"]

MARK = "\x1e"  # begins a line that is no text: a page of the book draws what follows
MOST = 400  # points of a curve that are drawn


def plot(*curves: Iterable[Any], names: Sequence[str] = (), log: bool = False) -> None:
    """Draw curves: of numbers, over 0, 1, 2, …, or of pairs ``(x, y)``.

    - ``names``: a word for each curve, which stands beside it;
    - ``log``: whether the vertical axis is logarithmic; what is not above 0 is then left out.

    A curve ends before its first number that is not finite: a run that diverges is drawn so far. Of a long
    one, every second, third, … point is drawn. Raises ValueError for a curve without points to draw, for more
    names than curves, and for what is neither a number nor a pair; TypeError for what is no list.

    Matplotlib draws where there is one, and shows its window. In a page of the book the page draws.
    """
    if not curves:
        raise ValueError("curves must be at least one, such as a list of losses")
    if not isinstance(names, (list, tuple)):
        raise TypeError(f"names must be a list of words, got {names!r}")
    log = switch("log", log)
    if len(names) > len(curves):
        raise ValueError(f"names must be at most one a curve, got {len(names)} for {len(curves)}")
    drawn = [_points(curve, i, log) for i, curve in enumerate(curves, 1)]
    for i, points in enumerate(drawn):
        if not points:
            raise ValueError(f"curves must have a point that can be drawn, curve {i + 1} has none")
    words = [*names, *[""] * (len(curves) - len(names))]
    if sys.implementation.name == "micropython":
        print(MARK + json.dumps({"curves": drawn, "names": words, "log": log}))
    else:
        _show(drawn, words, log)


def _points(curve: Iterable[Any], number: int, log: bool) -> list[list[float]]:
    points: list[list[float]] = []
    try:
        items = list(curve)
    except TypeError:
        raise TypeError(f"curves must be lists of numbers or pairs, curve {number} is {curve!r}") from None
    for i, item in enumerate(items):
        try:
            try:
                x, y = item
            except TypeError:  # a number
                x, y = i, item
            x, y = float(x), float(y)
        except (TypeError, ValueError):
            raise ValueError(
                f"curves must be of numbers or of pairs (x, y), got {item!r} in curve {number}"
            ) from None
        if not (isfinite(x) and isfinite(y)):
            break
        if y > 0 or not log:
            points.append([x, y])
    every = 1 + max(0, len(points) - 1) // MOST
    thin = points[::every]
    if points and thin[-1] != points[-1]:
        thin.append(points[-1])
    return thin


def _show(curves: list[list[list[float]]], names: list[str], log: bool) -> None:
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    for points, name in zip(curves, names, strict=True):
        ax.plot(*zip(*points, strict=True), label=name or None)
    if log:
        ax.set_yscale("log")
    if any(names):
        ax.legend()
    plt.show()
