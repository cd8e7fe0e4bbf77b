"""Plates of the chapter *Conditioning*."""

from math import cos, pi, sin, sqrt

from gdbook.figures.plate import Frame, Knob, plate
from gdbook.theory import gd_best_lr, gd_best_rate, gd_factor, steps_to

STEPS = 40
LEVELS = (0.02, 0.15, 0.6, 1.6, 3.5, 6.5, 11)


@plate(
    Frame((-1.4, 3.2), (-1.15, 1.15), "x", "y", xticks=(-1, 0, 1, 2, 3), yticks=(-1, 0, 1), equal=True),
    Knob("kappa", "condition number κ", 1, 100, 20, log=True),
    Knob("turn", "turned by degrees", 0, 90, 0),
    Knob("x", "start, x", -1.3, 3.1, 2.8, by="handle"),
    Knob("y", "start, y", -1.1, 1.1, 0.7, by="handle"),
    height=3.6,
)
def zigzag(pen, kappa, turn, x, y):
    """Gradient descent in a valley of condition number κ, at the best rate."""
    angle = turn * pi / 180
    c, s = cos(angle), sin(angle)
    for level in LEVELS:
        pen.ellipse(0, 0, sqrt(2 * level), sqrt(2 * level / kappa), angle, "muted")
    lr = gd_best_lr(1, kappa)
    along, across = c * x + s * y, c * y - s * x
    path = [[x, y]]
    for _ in range(STEPS):
        along, across = gd_factor(lr, 1) * along, gd_factor(lr, kappa) * across
        path.append([c * along - s * across, s * along + c * across])
    pen.path(path, "blue", 1.2)
    pen.dots(path, "blue", 3.5)
    pen.dots([[0, 0]], "green", 8)
    pen.handle("x", "y", x, y, "blue")
    rate = gd_best_rate(1, kappa)
    if rate < 0.001:
        pen.say("The valley is round, κ = 1: one step at the best rate lands in the minimum.")
    else:
        pen.say(
            f"κ = {kappa:.3g}: at the best rate each step leaves {rate:.1%} of the distance, "
            f"and a thousandth of it is left after {steps_to(0.001, rate)} steps. Turning changes neither."
        )
