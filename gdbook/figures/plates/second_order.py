"""Plates of the chapter *Second order*."""

from gdbook.figures.plate import Frame, Knob, plate
from gdbook.functions import double_well


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
