"""The text plot of a run, drawn by plotext (which only this module needs)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import plotext

if TYPE_CHECKING:
    from typing import Any

    from gdbook.descent import Measured
    from gdbook.functions import Function


HEIGHT = 20


def plot(name: str, f: Function, trace: Measured, width: int, color: bool = False) -> str:
    """The run as lines of text: in one dimension the path on the curve, in two the cost at each step."""
    figure = plotext.figure
    figure.clear()
    figure.theme("colorless")
    plotext.terminal.limit(False, False)  # the size asked for, whatever the terminal's
    figure.plot_size(width, HEIGHT)
    draw = _path if f.dim == 1 else _losses
    draw(figure, name, f, trace, width)
    lines = figure.build().string(colorless=not color).splitlines()
    return "\n".join(line.rstrip() for line in lines)


def _path(figure: Any, name: str, f: Function, trace: Measured, width: int) -> None:
    path = [float(x) for x in trace.w[: trace.last + 1]]
    low, high = min(f.domain[0], path[0]), max(f.domain[1], path[0])
    columns = 2 * width  # plotext draws two points a character
    curve = [low + (high - low) * i / columns for i in range(columns + 1)]
    inside = [x for x in path if low <= x <= high]
    figure.draw(figure.signal(curve, [f(x) for x in curve], marker="hd").lines())
    for xs, symbol, color in ((inside, "●", "blue"), (path[:1], "S", "red")):
        figure.draw(figure.signal(xs, [f(x) for x in xs], marker=plotext.marker(symbol, pixel=color)))
    figure.ruler("x").lim(low, high)
    outside = len(path) - len(inside)
    figure.title(f"{name}: S the start, ● the steps" + (f"; {outside} outside the plot" if outside else ""))


def _losses(figure: Any, name: str, f: Function, trace: Measured, width: int) -> None:
    losses = [float(loss) for loss in trace.loss[: trace.last + 1]]
    logarithmic = min(losses) > 0
    heights = [math.log10(loss) for loss in losses] if logarithmic else losses
    figure.draw(figure.signal(list(range(len(losses))), heights, marker="hd").lines())
    steps = sorted({round(trace.last * i / 5) for i in range(6)})
    figure.ruler("x").ticks(steps, [str(k) for k in steps])
    if logarithmic:  # plotext's own log scale loses the ticks that one gives it
        low, high = min(heights), max(heights)
        ticks = sorted({low + (high - low) * i / 4 for i in range(5)})
        figure.ruler("y").ticks(ticks, [f"{10**tick:.2g}" for tick in ticks])
    figure.title(f"{name}: the cost at each step" + (" (log scale)" if logarithmic else ""))
