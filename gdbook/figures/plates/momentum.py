"""Plates of the chapter *Momentum*."""

from math import sqrt

from gdbook.figures.plate import Frame, Knob, plate
from gdbook.figures.plates.ground import levels_of
from gdbook.functions import quadratic
from gdbook.rules import momentum

KAPPA, STEPS = 20, 14
LEVELS = (0.15, 0.8, 2.5, 6, 12, 22)


@plate(
    Frame(
        (-0.8, 3),
        (-1.2, 1.2),
        "x, the flat direction",
        "y, the steep one",
        yticks=(-1, 0, 1),
        under=levels_of(quadratic(KAPPA), LEVELS, ((0, 0),)),
    ),
    Knob("mu", "momentum μ", 0, 0.99, 0.5),
    Knob("rate", "learning rate η in units of 1/L", 0.05, 2.5, 1.7),
    Knob("x", "start, x", -0.7, 2.9, 2.6, by="handle"),
    Knob("y", "start, y", -1.1, 1.1, 0.9, by="handle"),
)
def valley(pen, mu, rate, x, y):
    """Two runs in a long valley with the same η: without momentum, and with it."""
    ends: list[float] = []
    for kept in (0, mu):
        colour = "blue" if len(ends) == 0 else "orange"
        w, v, path = [x, y], [0.0, 0.0], [[x, y]]
        for _ in range(STEPS):
            for i in range(2):
                slope = w[i] if i == 0 else KAPPA * w[i]
                w[i], v[i] = momentum(w[i], slope, v[i], rate / KAPPA, kept)
            path.append([w[0], w[1]])
        pen.path(path, colour, 1.4)
        pen.dots(path, colour, 4)
        pen.dots([w], colour, 9)
        pen.text(w[0], w[1], f"μ = {kept:.2f}", colour, 0, 22 if len(ends) == 0 else -22)
        ends.append(sqrt(w[0] * w[0] + w[1] * w[1]))
    pen.handle("x", "y", x, y, "ink")
    pen.say(
        f"After {STEPS} steps the run without momentum is {ends[0]:.2f} from the minimum, "
        f"the run with μ = {mu:.2f} is {ends[1]:.2f} from it."
    )
