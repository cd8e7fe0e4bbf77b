"""Plates of the chapter *Computation graphs*."""

from math import log

from gdbook.figures.computation_graphs import FINEST, PER_DECADE, STEPS, amplified, bends, differences
from gdbook.figures.plate import Frame, Knob, plate
from gdbook.figures.plates.ground import said

LEAST = 1e-17  # what is drawn
# Recorded when the book is built: the sines of two machines differ in their last digit, and here it shows.
ERRORS = [[max(LEAST, float(f"{error:.2e}")) for error in differences(h)] for h in STEPS]
BENDS, AMPLIFIED = bends(), amplified()


def _step(k):
    """The step of row k of the errors."""
    return 10 ** (FINEST + k / PER_DECADE)


@plate(
    Frame(
        (1e-20, 1),
        (LEAST, 1e4),
        "step h",
        "relative error",
        log="xy",
        xticks=(-20, -15, -10, -5, 0),
        yticks=(-15, -10, -5, 0),
    ),
    Knob("h", "step h", 1e-20, 1, 1e-8, log=True, by="handle"),
    height=4.4,
)
def two_errors(pen, h):
    """The error of three derivatives against the step h, and what theory says of the central difference."""
    row = int((log(h) / log(10) - FINEST) * PER_DECADE + 0.5)
    step, forward, central = _step(row), ERRORS[row][0], ERRORS[row][1]
    truncation, rounding = BENDS * step * step, AMPLIFIED / step
    for way, colour, width in ((2, "green", 6), (1, "middle", 1.8), (0, "pale", 1.8)):
        curve = [[_step(k), ERRORS[k][way]] for k in range(len(ERRORS))]
        pen.path(curve, colour, width, False, 0.5 if way == 2 else 1)
    pen.path([[1e-6, BENDS * 1e-12], [1, BENDS]], "ink", 1.2, True)
    pen.path([[AMPLIFIED / 1e3, 1e3], [2e-5, AMPLIFIED / 2e-5]], "ink", 1.2, True)
    pen.text(1e-15, 2e3, "rounding", "ink", 0, 0)
    pen.text(1e-1, 2e3, "truncation", "ink", -8, 0)
    pen.text(1e-5, 1e-4, "forward", "pale", -10, 6)
    pen.text(2e-5, 1e-9, "central", "middle", 8, -8)
    pen.text(1e-13, 1e-15, "complex step", "green", 0, 13)
    pen.text(1e-20, 1, "nothing left", "muted", 4, -22)
    pen.path([[step, LEAST], [step, max(forward, central)]], "ink", 1)
    for way, colour in ((2, "green"), (1, "middle"), (0, "pale")):
        pen.dots([[step, ERRORS[row][way]]], colour, 8)
    pen.handle("h", "", step, LEAST, "ink")
    if step < 2e-17:
        pen.say(
            f"h = {said(step)}: x + h rounds to x, and both differences are 0. "
            "The complex step still has nearly all digits."
        )
    elif truncation > 1:
        pen.say(
            f"h = {said(step)} is so long that the curve turns within it: the error of the central "
            "difference is larger than the derivative."
        )
    else:
        by = "truncation" if truncation > rounding else "rounding"
        pen.say(
            f"h = {said(step)}: the error of the central difference is {said(central)}. Theory has "
            f"{said(truncation)} for truncation and up to {said(rounding)} for rounding, so {by} prevails."
        )
