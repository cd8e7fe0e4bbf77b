"""Plates: figures that move, each a Python function of its knobs that draws with a pen.

    @plate(Frame((-3, 3), (0, 9)), Knob("lr", "learning rate η", 0.01, 1.2, 0.1))
    def ball(pen, lr):
        pen.curve([[x / 10, x * x / 100] for x in range(-30, 31)], "curve")
        pen.say(f"Each step multiplies the distance by {1 - 2 * lr:.2f}.")

Here the pen is Matplotlib's, and the plate at its opening knobs is the static figure. In the page the same
function, translated, draws with a pen of SVG at each turn of a knob, into the same axes. So a plate is
written in the Python that translates: numbers, lists, loops, rules and losses of the book, f-strings.
"""

from __future__ import annotations

import inspect
import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from gdbook.figures.house import NAMES, STYLE, figure, in_house_style

if TYPE_CHECKING:
    from collections.abc import Callable

COLOURS = {name: colour for colour, name in NAMES.items()}
# As in docs/assets/plates/pen.js
FINE = 80  # corners of an ellipse
HEAD = (6.4, 2.7)  # points, of an arrow: how long, and how wide on each side
DROP = 0.35  # of the size of words: how far their line is below their middle
DASH = (4, 3)  # times the width of a line


class Knob(NamedTuple):
    """A number that the reader turns: between ``low`` and ``high``, from ``value``.

    ``log`` for a logarithmic slider, ``whole`` for whole numbers. ``by`` says what turns it: a "slider", a
    "handle" of the picture, or a "button" that goes to the next whole number.
    """

    name: str
    label: str
    low: float
    high: float
    value: float
    log: bool = False
    whole: bool = False
    by: str = "slider"


class Frame(NamedTuple):
    """Axes: what they span, and what they are called.

    ``log`` names those that are logarithmic, "x", "y" or "xy": their ticks are powers of ten. With ``equal``
    a unit is as long up as across.
    ``under`` draws into Matplotlib's axes what no knob changes, such as contour lines of a loss.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    xlabel: str = ""
    ylabel: str = ""
    log: str = ""
    xticks: tuple[float, ...] | None = None
    yticks: tuple[float, ...] | None = None
    equal: bool = False
    under: Callable[[Any], None] | None = None


class Plate:
    """A function that draws, with its frames and knobs. Called with some knobs it gives a figure."""

    def __init__(self, function: Callable[..., None], frames: list[Frame], knobs: list[Knob], height: float):
        self.function, self.frames, self.knobs, self.height = function, frames, knobs, height
        self.__name__, self.__module__, self.__doc__ = (
            function.__name__,
            function.__module__,
            function.__doc__,
        )
        for knob in knobs:
            if knob.by not in ("slider", "handle", "button") or (knob.by == "button" and not knob.whole):
                raise ValueError(
                    f"{knob.name} is turned by a slider, a handle, or a button if it is whole, got {knob}"
                )
        asked = list(inspect.signature(function).parameters)[1:]
        if asked != [knob.name for knob in knobs]:
            raise ValueError(
                f"{self.__name__} must take the knobs {[knob.name for knob in knobs]}, got {asked}"
            )
        for knob in knobs:
            if not knob.low <= knob.value <= knob.high or (knob.log and knob.low <= 0):
                raise ValueError(f"{knob.name} needs low <= value <= high, and low > 0 if log, got {knob}")

    def state(self, **given: float) -> dict[str, float]:
        """All knobs: those that are given, the others as they stand when the plate opens."""
        known = {knob.name: knob for knob in self.knobs}
        for name, value in given.items():
            if name not in known:
                raise ValueError(f"{self.__name__} has no knob {name!r}: it has {', '.join(known)}")
            if not known[name].low <= value <= known[name].high:
                low, high = known[name].low, known[name].high
                raise ValueError(f"{name} must be between {low} and {high}, got {value!r}")
        return {name: given.get(name, knob.value) for name, knob in known.items()}

    def record(self, **given: float) -> list[list[Any]]:
        """What the function asks of its pen: a list of ``[name, *arguments]``."""
        pen = Recorder()
        self.function(pen, **self.state(**given))
        return pen.calls

    def said(self, **given: float) -> str:
        """The sentence of the plate."""
        return next(call[1] for call in self.record(**given) if call[0] == "say")

    def __call__(self, **given: float) -> Any:
        return _drawn(self, self.state(**given))


def plate(*parts: Frame | Knob, height: float = 3.7) -> Callable[[Callable[..., None]], Plate]:
    """Decorate a function that draws: ``parts`` are its frames, side by side, and its knobs, in order."""
    frames = [part for part in parts if isinstance(part, Frame)]
    knobs = [part for part in parts if isinstance(part, Knob)]
    return lambda function: Plate(function, frames, knobs, height)


class Recorder:
    """A pen that notes what it is asked."""

    def __init__(self) -> None:
        self.calls: list[list[Any]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *given: self.calls.append([name, *given])


def finite(points: Any) -> list[Any]:
    """The points up to the first that is not finite: a run that overflows is drawn so far."""
    for i, point in enumerate(points):
        if not all(map(math.isfinite, point)):
            return list(points[:i])
    return list(points)


def written(words: str) -> str:
    """Words with a minus sign before numbers, where Python writes a hyphen, none before what rounds to 0."""
    words = re.sub(r"-(0(?:\.0+)?)(?!\.?\d)", r"\1", words)
    return words.replace("-", "−") if any(c.isdigit() for c in words) else words


class MatplotlibPen:
    """Draws into Matplotlib's axes. Whatever it draws is marked, so that a page can draw it anew.

    What comes later lies above, and words above all else.
    """

    def __init__(self, frames: list[Frame], axes: Any):
        self.frames, self.axes, self.drawn = frames, axes, 0
        self.on(0)

    def on(self, frame: int) -> None:
        """What follows is drawn into this frame."""
        self.frame, self.ax = self.frames[frame], self.axes[frame]

    def path(
        self, points: Any, colour: str, width: float = 2.0, dashed: bool = False, alpha: float = 1.0
    ) -> None:
        """A line through the points."""
        seen = finite(points)
        if len(seen) > 1:
            style: Any = {"linestyle": (0, DASH), "dash_capstyle": "butt"} if dashed else {}
            style |= {"color": COLOURS[colour], "linewidth": width, "alpha": alpha}
            self._mark(*self.ax.plot(*zip(*seen, strict=True), **style))

    def area(self, points: Any, colour: str) -> None:
        """A pale area with these corners."""
        seen = finite(points)
        if len(seen) > 2:
            self._mark(
                *self.ax.fill(*zip(*seen, strict=True), color=COLOURS[colour], alpha=0.15, linewidth=0)
            )

    def dots(self, points: Any, colour: str, size: float = 4.0) -> None:
        """A disc at each of the points; ``size`` is its diameter in points."""
        seen = finite(points)
        if seen:
            style: Any = {"color": COLOURS[colour], "markersize": size, "markeredgewidth": 0}
            self._mark(*self.ax.plot(*zip(*seen, strict=True), "o", **style))

    def ellipse(self, x: float, y: float, a: float, b: float, angle: float, colour: str) -> None:
        """A thin, pale line around a centre, with half-axes ``a`` and ``b``, turned by ``angle`` radians."""
        turns = [2 * math.pi * k / FINE for k in range(FINE + 1)]
        c, s = math.cos(angle), math.sin(angle)
        corners = [[a * math.cos(t), b * math.sin(t)] for t in turns]
        self.path([[x + c * u - s * v, y + s * u + c * v] for u, v in corners], colour, 1.0, False, 0.5)

    def arrow(self, x: float, y: float, to_x: float, to_y: float, colour: str) -> None:
        """From one point to another."""
        if finite([[x, y, to_x, to_y]]):
            style: Any = {
                "arrowstyle": f"->,head_length={HEAD[0]},head_width={HEAD[1]}",
                "mutation_scale": 1,
                "color": COLOURS[colour],
                "linewidth": 1.6,
                "shrinkA": 0,
                "shrinkB": 0,
            }
            arrow = self.ax.annotate("", (to_x, to_y), (x, y), arrowprops=style).arrow_patch
            self._mark(arrow)
            arrow.set_clip_path(self.ax.patch)

    def text(self, x: float, y: float, words: str, colour: str, dx: float = 0, dy: float = 0) -> None:
        """Words beside a point: ``dx`` and ``dy`` points to the right and up, on that side of it."""
        if finite([[x, y]]):
            side = "center" if dx == 0 else "left" if dx > 0 else "right"
            place = (dx, dy - DROP * STYLE["font.size"])
            options: Any = {"textcoords": "offset points", "ha": side, "va": "baseline"}
            options |= {"annotation_clip": True, "color": COLOURS[colour]}
            self._mark(self.ax.annotate(written(words), (x, y), place, **options), above=1000)

    def handle(
        self, across: str, up: str, x: float, y: float, colour: str, dx: float = 0, dy: float = 0
    ) -> None:
        """What the reader drags: a disc, with a ring around it where it moves.

        Where it is dragged to, less ``dx`` and ``dy``, are the knobs of these names; "" for a direction in
        which it does not move.
        """
        if finite([[x, y]]):
            style: Any = {"color": COLOURS[colour], "markersize": 11, "markeredgewidth": 0}
            self._mark(*self.ax.plot([x], [y], "o", **style), above=500)

    def say(self, words: str) -> None:
        """One sentence, below the picture in the page."""

    def _mark(self, *artists: Any, above: int = 0) -> None:
        for artist in artists:
            self.drawn += 1
            artist.set(gid=f"still-{self.drawn}", zorder=3 + above + self.drawn / 1000)


@in_house_style
def _drawn(of: Plate, state: dict[str, float]) -> Any:
    from gdbook.figures.learning_rate import decades  # slow to load, and not needed to translate

    fig, axes = figure(of.height, len(of.frames))
    axes = [axes] if len(of.frames) == 1 else list(axes)
    for frame, ax in zip(of.frames, axes, strict=True):
        ax.set(xlabel=frame.xlabel, xlim=frame.x, ylim=frame.y)
        ax.set_ylabel(frame.ylabel)
        for name, axis, ticks in (("x", ax.xaxis, frame.xticks), ("y", ax.yaxis, frame.yticks)):
            if name in frame.log:
                ax.set(**{f"{name}scale": "log"})
                decades(axis, ticks)
            elif ticks is not None:
                axis.set_ticks(ticks)
        ax.grid(False)
        if frame.equal:
            ax.set_aspect("equal")
        if frame.under:
            frame.under(ax)
    of.function(MatplotlibPen(of.frames, axes), **state)
    for frame, ax in zip(of.frames, axes, strict=True):
        ax.set(xlim=frame.x, ylim=frame.y)
    fig.set_gid(of.__name__)
    return fig
