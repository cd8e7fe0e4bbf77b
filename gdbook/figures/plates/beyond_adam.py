"""Plates of the chapter *Beyond Adam*."""

from math import sqrt

from gdbook.figures.plate import Frame, Knob, plate
from gdbook.rules.matrix import QUINTIC, quintic

MOST = 10  # applications
# The quintic's minimum and maximum between 0 and its largest zero: it takes [LOW, HIGH] into itself.
_A, _B, _C = QUINTIC
LOW, HIGH = (
    quintic(sqrt((-3 * _B + turn * sqrt(9 * _B * _B - 20 * _A * _C)) / (10 * _C))) for turn in (1, -1)
)
BAND = f"between {LOW:.2f} and {HIGH:.2f}"


@plate(
    Frame((-0.08, 1.3), (-0.08, 1.3), "before", "after", xticks=(0, 0.5, 1), yticks=(0, 0.5, 1)),
    Frame(
        (-0.3, MOST),
        (1e-3, 1e1),
        "applications",
        "singular value",
        log="y",
        xticks=(0, 5, 10),
        yticks=(-3, -2, -1, 0, 1),
    ),
    Knob("sigma", "singular value σ", 0.001, 1, 0.02, log=True, by="handle"),
    Knob("times", "applications of the quintic", 1, MOST, 5, whole=True),
    height=3.9,
)
def quintic_steps(pen, sigma, times):
    """A singular value that goes through Muon's quintic again and again."""
    s, stairs, values, arrived = sigma, [[sigma, 0]], [[0, sigma]], -1
    for t in range(times + 1):
        if s >= LOW and arrived < 0:
            arrived = t
        if t < times:
            after = quintic(s)
            stairs.append([s, after])
            stairs.append([after, after])
            s = after
            values.append([t + 1, s])
    pen.area([[LOW, LOW], [HIGH, LOW], [HIGH, HIGH], [LOW, HIGH]], "green")
    pen.path([[0, 0], [1.3, 1.3]], "muted", 1)
    pen.path([[k / 50, quintic(k / 50)] for k in range(66)], "curve")
    pen.path(stairs, "ink", 1.2)
    pen.dots([[s, s]], "ink", 8)
    pen.text(0.28, quintic(0.28), "quintic", "curve", -8, 8)
    pen.handle("sigma", "", sigma, 0, "ink")

    pen.on(1)
    pen.area([[0, LOW], [MOST, LOW], [MOST, HIGH], [0, HIGH]], "green")
    pen.path(values, "ink", 1.2)
    pen.dots(values[1 : times + 1], "ink", 5)
    pen.dots([[times, s]], "ink", 8)
    shown = f"{s:.3f}" if s > 0.1 else f"{s:.3g}"
    pen.text(times, min(s, LOW), shown, "ink", 8 if times < 8 else -8, -15)
    pen.handle("", "sigma", 0, sigma, "ink")
    count = "1 application" if times == 1 else f"{times} applications"
    if arrived == 0:
        pen.say(f"σ = {sigma:.3g} lies {BAND} from the start, and stays there. After {count} it is {s:.3f}.")
    elif arrived < 0:
        pen.say(
            f"After {count} σ = {sigma:.3g} has become {s:.3g}, {s / sigma:,.1f} times as large. "
            f"It takes more applications to come {BAND}."
        )
    else:
        early = "1 application" if arrived == 1 else f"{arrived} applications"
        pen.say(f"σ = {sigma:.3g} comes {BAND} after {early}, and stays there. After {count} it is {s:.3f}.")
