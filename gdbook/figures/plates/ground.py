"""What several plates share: what lies under them whatever the knobs, chance, and how a number is said."""

from __future__ import annotations

from math import ceil, log, sqrt
from typing import TYPE_CHECKING, Any

from gdbook.browser.noise import lehmer

if TYPE_CHECKING:
    from collections.abc import Callable

TOP = 2147483647  # of the generator's numbers


def levels_of(
    f: Callable[[Any], Any], levels: tuple[float, ...], minima: tuple[Any, ...]
) -> Callable[[Any], None]:
    """For the ``under`` of a frame: the contour lines of a loss, ``(2, …)`` to ``(…)``, and its minima."""

    def draw(ax: Any) -> None:
        from gdbook.figures.colours import BEST
        from gdbook.figures.contours import contours

        contours(ax, f, levels, (ax.get_xlim(), ax.get_ylim()))
        for x, y in minima:
            ax.plot(x, y, "o", color=BEST, markersize=7)

    return draw


def uniform(at):
    """A number of ``lehmer`` as one from an interval around 0, of variance 1."""
    return sqrt(12) * (at / TOP - 0.5)


def uniforms(count, at):
    """So many numbers, uniform around 0 with variance 1, and what ``lehmer`` gave last."""
    drawn = []
    for _ in range(count):
        at = lehmer(at)
        drawn.append(uniform(at))
    return drawn, at


def said(x):
    """A number that is not negative as a sentence has it: below 0.001 and above 99,500 as ``4·10⁻⁸``."""
    if x == 0:
        return "0"
    if 99.5 <= x < 99_500:
        return f"{x:,.0f}"
    if 0.00095 <= x < 99.5:
        return f"{x:.2g}"
    power = -ceil(-log(x) / log(10))
    digit = int(x / 10**power + 0.5)
    if digit == 10:
        digit, power = 1, power + 1
    size = abs(power)
    tens = "" if size < 10 else "⁰¹²³⁴⁵⁶⁷⁸⁹"[int(size / 10)]
    return f"{digit}·10{'⁻' if power < 0 else ''}{tens}{'⁰¹²³⁴⁵⁶⁷⁸⁹'[size % 10]}"
