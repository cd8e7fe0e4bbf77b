"""What several plates share: what lies under them whatever the knobs, and how a number is said."""

from __future__ import annotations

from math import ceil, log
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from gdbook.functions import Function


def levels_of(f: Function, levels: tuple[float, ...], minima: tuple[Any, ...]) -> Callable[[Any], None]:
    """The contour lines of a loss in two variables, and its minima, for the ``under`` of a frame."""

    def draw(ax: Any) -> None:
        from gdbook.figures.colours import BEST
        from gdbook.figures.contours import contours

        contours(ax, f, levels, (ax.get_xlim(), ax.get_ylim()))
        for x, y in minima:
            ax.plot(x, y, "o", color=BEST, markersize=7)

    return draw


def said(x):
    """A positive number as a sentence has it: in two digits, and as ``4·10⁻⁸`` below 0.001."""
    if x >= 99.5:
        return f"{x:,.0f}"
    if x >= 0.00095:
        return f"{x:.2g}"
    below = ceil(-log(x) / log(10))
    digit = int(x * 10**below + 0.5)
    if digit == 10:
        digit, below = 1, below - 1
    tens = "" if below < 10 else "⁰¹²³⁴⁵⁶⁷⁸⁹"[int(below / 10)]
    return f"{digit}·10⁻{tens}{'⁰¹²³⁴⁵⁶⁷⁸⁹'[below % 10]}"
