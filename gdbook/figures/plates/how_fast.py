"""Plates of the chapter *How fast can it be?*."""

from math import ceil, log, sqrt

from gdbook.figures.plate import Frame, Knob, plate
from gdbook.rules import momentum, nesterov
from gdbook.theory import (
    gd_best_lr,
    gd_best_rate,
    kinked,
    momentum_best,
    momentum_limit,
    momentum_rate,
    nesterov_rate,
    nesterov_standard,
    steps_to,
)

FRACTION = 0.001
STEPS, SHOWN = 300, 36  # of the heavy ball on the kinked bowl
NEAR = 0.001  # of the minimum: there the ball has arrived
LAST = 12  # of its places are drawn on the bowl
SAME = 1e-4  # a cycle draws its run in slowly where η is near its end


def _bounds(ax):
    import numpy as np

    from gdbook.figures.colours import DESCENT, MOMENTUM, MUTED, NESTEROV
    from gdbook.figures.house import is_narrow
    from gdbook.figures.how_fast import fewest_steps, worst_steps

    kappas = np.geomspace(2, 1e5, 30)
    for name, colour in (
        ("gradient descent", DESCENT),
        ("Nesterov, textbook", NESTEROV),
        ("heavy ball, tuned", MOMENTUM),
    ):
        ax.plot(kappas, [worst_steps(name, k) for k in kappas], color=colour, linewidth=1.4)
    ax.fill_between(kappas, 1, [fewest_steps(k) for k in kappas], color=MUTED, alpha=0.15, linewidth=0)
    ax.text(500, 20_000, "gradient descent", color=DESCENT, ha="right", va="center")
    ax.text(30_000, 4500, "Nesterov", color=NESTEROV, ha="center", va="center")
    under = 90 if is_narrow() else 400  # on a phone the number of a dot is here
    ax.text(30_000, under, "heavy ball", color=MOMENTUM, ha="center", va="center")
    ax.text(500, 7, "out of reach", color=MUTED, va="center")


def _fewest(kappa):
    """The least degree of a polynomial of Chebyshev that is 1,000 at (κ + 1)/(κ − 1)."""
    top, at = 1 / FRACTION, (kappa + 1) / (kappa - 1)
    return ceil(log(top + sqrt(top * top - 1)) / log(at + sqrt(at * at - 1)))


def _counted(rule, lr, beta, rate, kappa):
    """Steps of a rule until the error in the flattest and the most curved direction stays below FRACTION."""
    last = 0
    for curvature in (1, kappa):
        w, v = 1.0, 0.0
        for t in range(3 * steps_to(FRACTION, rate) + 21):
            if abs(w) > FRACTION and t >= last:
                last = t + 1
            w, v = rule(w, curvature * w, v, lr, beta)
    return last


@plate(
    Frame(
        (2, 1e5),
        (2, 4e5),
        "condition number κ",
        "steps",
        log="xy",
        xticks=(1, 2, 3, 4, 5),
        yticks=(1, 2, 3, 4, 5),
        under=_bounds,
    ),
    Knob("kappa", "condition number κ", 2, 90000, 10000, log=True),
    height=4.0,
)
def along_the_bounds(pen, kappa):
    """Steps to a thousandth of the distance on the worst quadratic: three rules, and the fewest possible."""
    plain = steps_to(FRACTION, gd_best_rate(1, kappa))
    lr, beta = nesterov_standard(1, kappa)
    textbook = _counted(nesterov, lr, beta, nesterov_rate(lr, beta, 1, kappa), kappa)
    lr, beta = momentum_best(1, kappa)
    ball = _counted(momentum, lr, beta, momentum_rate(lr, beta, 1, kappa), kappa)
    fewest = _fewest(kappa)
    pen.path([[kappa, 2], [kappa, plain]], "ink", 1, True)
    left = kappa > 20
    for steps, colour, dx, dy in (
        (plain, "blue", -9 if left else 9, 9),
        (textbook, "ochre", -9 if left else 9, 11),
        (ball, "orange", 9 if kappa < 20_000 else -9, -11),
        (fewest, "muted", -9 if left else 9, -15 if 20 < kappa < 20_000 else -26),
    ):
        pen.dots([[kappa, steps]], colour, 8)
        pen.text(kappa, steps, f"{steps:,}", colour, dx, dy)
    pen.handle("kappa", "", kappa, 2, "ink")
    pen.say(
        f"κ = {kappa:,.0f}: gradient descent takes {plain:,} steps, Nesterov’s momentum {textbook:,} and "
        f"the heavy ball {ball:,}. No rule that sees gradients alone is sure to need fewer than {fewest:,}."
    )


def _ball(lr, beta, x):
    """The places of the heavy ball on the kinked bowl; with ``beta`` 0 it is gradient descent."""
    w, v, places = x, 0.0, [x]
    for _ in range(STEPS):
        w, v = momentum(w, kinked.grad(w), v, lr, beta)
        places.append(w)
    return places


def arrival(places):
    """The step from which a run stays near the minimum."""
    last = 0
    for t in range(len(places)):
        if abs(places[t]) > NEAR:
            last = t + 1
    return last


def goes_round(places):
    """Whether a run ends in three places, one after the other."""
    return max([abs(places[STEPS - t] - places[STEPS - t - 3]) for t in range(3)]) < SAME


@plate(
    Frame((-2.9, 3.9), (-6, 110), "x", "loss", xticks=(-2, 0, 2), yticks=(0, 40, 80)),
    Frame((-1, SHOWN + 1), (-5.2, 4), "step", "x", xticks=(0, 10, 20, 30), yticks=(-4, -2, 0, 2)),
    Knob("lr", "learning rate η", 0.02, 0.125, momentum_best(1, 25)[0]),
    Knob("x", "start", -2.5, 3.5, 3.3, by="handle"),
    height=3.8,
)
def round_and_round(pen, lr, x):
    """The heavy ball on a bowl whose curvature is 25, 1, 25: where it ends, and its run beside descent's."""
    beta = momentum_best(1, 25)[1]
    places, plain = _ball(lr, beta, x), _ball(gd_best_lr(1, 25), 0, x)
    arrived = arrival(places)
    ends = [[w, kinked.value(w)] for w in places[STEPS - LAST :]]
    pen.path([[k / 20, kinked.value(k / 20)] for k in range(-58, 79)], "curve")
    pen.path(ends, "orange", 1, False, 0.5)
    pen.dots(ends, "orange", 8)
    pen.dots([[0, 0]], "green", 8)
    pen.handle("x", "", x, kinked.value(x), "ink")

    pen.on(1)
    for colour, run in (("blue", plain), ("orange", places)):
        points = [[t, run[t]] for t in range(SHOWN + 1)]
        pen.path(points, colour, 1)
        pen.dots(points, colour, 3)
    pen.text(4, -4.2, "heavy ball", "orange", 1)
    pen.text(SHOWN, 3.4, "gradient descent", "blue", -1)
    limit = momentum_limit(beta, 25)
    if arrived <= STEPS:
        pen.say(
            f"With η = {lr:.4f} the heavy ball arrives: from step {arrived} on it stays within {NEAR} of 0."
        )
    elif goes_round(places):
        a, b, c = places[STEPS - 2], places[STEPS - 1], places[STEPS]
        pen.say(
            f"With η = {lr:.4f} the heavy ball goes round for ever, through {a:.3f}, {b:.3f} and {c:.3f}."
        )
    elif lr > limit:
        pen.say(
            f"With η = {lr:.4f} the heavy ball cannot stay at the minimum: where the curvature is 25, its "
            f"limit is {limit:.4f}."
        )
    else:
        pen.say(f"With η = {lr:.4f} the heavy ball has not arrived after {STEPS} steps.")
