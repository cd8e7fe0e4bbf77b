"""What lies under a plate and is the same at all settings of its knobs."""

from __future__ import annotations

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
