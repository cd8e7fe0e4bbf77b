"""Plates of the chapter *Second order*."""

from gdbook.figures.plate import Frame, Knob, plate
from gdbook.figures.second_order import CUT
from gdbook.functions import double_well, wavy

START, LONGEST, C1, C2 = CUT["start"], CUT["longest"], CUT["c1"], CUT["c2"]
FINE = 220  # steps that are judged


@plate(
    Frame((-2.6, 2.6), (-2, 2.6), "x", "f(x)", xticks=(-2, -1, 0, 1, 2), yticks=(-1, 0, 1, 2)),
    Knob("x", "x", -2.3, 2.3, 2.2, by="handle"),
    Knob("damping", "share of the step that is taken", 0.1, 1, 1),
)
def newton_step(pen, x, damping):
    """The double well, at a point that moves: its tangent, the parabola that touches, and Newton's step."""
    pen.path([[k / 20, double_well.value(k / 20)] for k in range(-52, 53)], "curve")
    f, slope, curvature = double_well.value(x), double_well.grad(x), double_well.hess(x)
    pen.path([[x + d, f + slope * d] for d in (-0.6, 0.3)], "blue", 1.8, True)
    pen.path(
        [[x + k / 25, f + slope * k / 25 + curvature / 2 * (k / 25) * (k / 25)] for k in range(-40, 41)],
        "brown",
        1.5,
        True,
    )
    at = x - slope / curvature
    to = x - damping * slope / curvature
    pen.path([[at, f - slope * slope / (2 * curvature)], [at, double_well.value(at)]], "brown", 1)
    pen.dots([[at, f - slope * slope / (2 * curvature)]], "brown", 6)
    pen.dots([[to, double_well.value(to)]], "brown", 9)
    pen.text(at, f - slope * slope / (2 * curvature), "parabola", "brown", -10 if at > -1.5 else 10, 0)
    pen.text(to, double_well.value(to), "next", "brown", 10 if to < 1.9 else -10, -10)
    pen.handle("x", "", x, f, "ink")
    if abs(to - x) < 0.0005:
        pen.say(f"At x = {x:.2f} the slope is 0, and the step too: here Newton's method stays.")
    elif curvature <= 0:
        pen.say(
            f"At x = {x:.2f} the curvature is {curvature:.2f}: the parabola is upside down, and the step "
            f"goes up, to x = {to:.2f}, where f is {double_well.value(to):.2f}."
        )
    else:
        pen.say(
            f"At x = {x:.2f} the slope is {slope:.2f} and the curvature {curvature:.2f}. The lowest "
            f"point of the parabola is at {at:.2f}; the step goes to x = {to:.2f}, "
            f"where f is {double_well.value(to):.2f}."
        )


def _phi(lr):
    """The loss along the direction, to the left of the start."""
    return wavy.value(START - lr)


def _slope(lr):
    """Its slope there."""
    return -wavy.grad(START - lr)


def falls(lr, c1):
    """Whether a step lies under Armijo's line."""
    return _phi(lr) <= _phi(0) + c1 * lr * _slope(0)


def is_flat(lr):
    """Whether the slope after a step is as flat as Wolfe's condition asks."""
    return abs(_slope(lr)) <= C2 * abs(_slope(0))


def trials(lr, c1):
    """The steps that backtracking tries, each half the one before, to the first under the line."""
    tried = [lr]
    while not falls(tried[-1], c1):
        tried.append(tried[-1] / 2)
    return tried


def pieces(c1, flat):
    """The ends of each interval of steps under the line; where ``flat`` is 1, of those that are flat too."""
    ends, inside = [], False
    for k in range(FINE + 1):
        lr = k * LONGEST / FINE
        good = falls(lr, c1) and (is_flat(lr) or not flat)
        if good and not inside:
            ends.append([lr, lr])
        if good:
            ends[-1][1] = lr
        inside = good
    return ends


@plate(
    Frame((0, LONGEST + 0.4), (-2.3, 4.9), "step η", "φ(η)", xticks=(0, 2, 4, 6, 8, 10), yticks=(0, 2, 4)),
    Knob("lr", "first trial η", 0.2, LONGEST, 8, by="handle"),
    Knob("c1", "share c₁ of the fall", 0.0001, 0.5, C1),
    height=4.0,
)
def backtracking(pen, lr, c1):
    """A loss along one direction with Armijo's line, the steps that two conditions take, and a search."""
    tried = trials(lr, c1)
    found = tried[-1]
    for flat, y, colour, words in (
        (0, -0.9, "pale", "fall enough"),
        (1, -1.8, "middle", "and are flat enough"),
    ):
        for ends in pieces(c1, flat):
            pen.path([[ends[0], y], [ends[1], y]], colour, 7)
        pen.text(LONGEST, y, words, colour, -2, 12)
    pen.path([[k / 20, _phi(k / 20)] for k in range(221)], "curve")
    pen.path([[0, _phi(0)], [LONGEST, _phi(0) + c1 * LONGEST * _slope(0)]], "pale", 1.5, True)
    pen.dots([[step, _phi(step)] for step in tried[1:-1]], "red", 7)
    pen.dots([[found, _phi(found)]], "green", 9)
    pen.handle("lr", "", lr, _phi(lr), "ink")
    pen.text(1.6, _phi(0) + c1 * 1.6 * _slope(0), "Armijo's line", "pale", 6, 11)
    share, halvings = abs(_slope(found)) / abs(_slope(0)), len(tried) - 1
    how = "is under the line, and Armijo's search takes it"
    if halvings > 0:
        count = "1 halving" if halvings == 1 else f"{halvings} halvings"
        how = f"is above the line; after {count} Armijo's search takes {found:.3g}"
    after = "flat enough" if is_flat(found) else "too steep"
    pen.say(
        f"The first trial, η = {lr:.2f}, {how}. The slope there is {share:.2f} of that at 0, {after} for "
        f"Wolfe's {C2}."
    )
