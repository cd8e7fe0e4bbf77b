"""Plates of the chapter *The learning rate*."""

from math import sqrt

from gdbook.figures.plate import Frame, Knob, plate
from gdbook.figures.plates.ground import levels_of
from gdbook.functions import quadratic
from gdbook.theory import gd_best_lr, gd_factor, gd_limit, gd_rate

KAPPA, STEPS = 8, 20
WIDEST = 2.4  # of the rates that are drawn, in units of 1/L


@plate(
    Frame(
        (-2.7, 2.7),
        (-1.7, 1.7),
        "flat direction",
        "steep direction",
        xticks=(-2, 0, 2),
        yticks=(-1, 0, 1),
        under=levels_of(quadratic(KAPPA), (0.2, 1, 2.6, 5, 8.5), ((0, 0),)),
    ),
    Frame((0, WIDEST), (0, 1.5), "rate η in units of 1/L", "factor of a step", yticks=(0, 0.5, 1, 1.5)),
    Knob("rate", "learning rate η in units of 1/L", 0.02, 2.3, 0.6),
    Knob("x", "start, flat", -2.5, 2.5, 2.2, by="handle"),
    Knob("y", "start, steep", -1.5, 1.5, 1, by="handle"),
    height=3.6,
)
def path_and_factors(pen, rate, x, y):
    """A run in a valley; the factor by which a step shortens the error in both directions, against η."""
    lr = rate / KAPPA
    shrinks = [gd_factor(lr, 1), gd_factor(lr, KAPPA)]
    path = [[x, y]]
    for _ in range(STEPS):
        path.append([shrinks[0] * path[-1][0], shrinks[1] * path[-1][1]])
    limit, best = KAPPA * gd_limit(KAPPA), KAPPA * gd_best_lr(1, KAPPA)
    slowest = gd_rate(lr, 1, KAPPA)
    colour = "red" if slowest > 1 else "blue"
    pen.path(path, colour, 1.2)
    pen.dots(path, colour, 4)
    pen.handle("x", "y", x, y, colour)

    pen.on(1)
    pen.path([[0, 1], [WIDEST, 1]], "muted", 1)
    pen.path([[0, 1], [WIDEST, abs(gd_factor(WIDEST / KAPPA, 1))]], "middle", 1.6)
    pen.path([[0, 1], [1, 0], [WIDEST, WIDEST - 1]], "pale", 1.6)
    pen.text(0.5, abs(gd_factor(0.5 / KAPPA, 1)), "flat", "middle", 0, -13)
    pen.text(0.62, 0.38, "steep", "pale", -8)
    for at, name, mark in ((best, "best", "green"), (limit, "limit", "red")):
        pen.path([[at, 0], [at, 1.16]], mark, 1, True)
        pen.text(at, 1.28, name, mark, -8 if name == "best" else 8)
    pen.dots([[rate, abs(shrinks[0])]], "middle", 8)
    pen.dots([[rate, abs(shrinks[1])]], "pale", 8)
    pen.path([[rate, 0], [rate, slowest]], colour, 1.4)
    pen.handle("rate", "", rate, 0, "ink")
    far = sqrt(path[-1][0] * path[-1][0] + path[-1][1] * path[-1][1])
    if rate > limit:
        how = "η is above the limit 2/L, and the steep direction grows"
    elif abs(rate - best) < 0.03:
        how = "both directions shrink alike: no other η is faster"
    elif rate < best:
        how = "the flat direction is what takes long"
    else:
        how = "the steep direction is what takes long"
    pen.say(
        f"A step multiplies the flat direction by {shrinks[0]:.2f} and the steep one by {shrinks[1]:.2f}: "
        f"{how}. After {STEPS} steps the run is {far:.2g} from the minimum."
    )
