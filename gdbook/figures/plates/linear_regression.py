"""Plates of the chapter *Linear regression*."""

from gdbook.browser.line_loss import LineLoss
from gdbook.data import toy_line
from gdbook.figures.plate import Frame, Knob, plate
from gdbook.figures.plates.ground import levels_of

toy = LineLoss(*toy_line())  # the mean squared error; J is half of it
LEAST = float(toy.value(toy.minima[0]))


def _points(ax):
    from gdbook.figures.colours import MUTED

    ax.plot(*toy_line(), "o", color=MUTED, markersize=3, alpha=0.6)


@plate(
    Frame((-0.08, 1.08), (-0.3, 3.5), "x", "y", xticks=(0, 0.5, 1), yticks=(0, 1, 2, 3), under=_points),
    Frame(
        (-1.2, 4.2),
        (-0.5, 2.7),
        "slope w",
        "intercept b",
        xticks=(0, 2, 4),
        yticks=(0, 1, 2),
        under=levels_of(toy, (0.02, 0.1, 0.4, 1, 2, 4), ()),
    ),
    Knob("steps", "steps of descent", 0, 1000, 30, whole=True),
    Knob("lr", "learning rate η", 0.01, 1.6, 0.1, log=True),
    Knob("w", "slope w at the start", -1, 4, 0.2, by="handle"),
    Knob("b", "intercept b at the start", 0, 2.5, 0.2, by="handle"),
    height=3.9,
)
def line_and_point(pen, steps, lr, w, b):
    """A line among the data, and the same line as a point over (w, b); descent takes it from there."""
    theta, path = [w, b], [[w, b]]
    for _ in range(steps):
        slope = toy.grad(theta)
        theta = [theta[0] - lr * slope[0] / 2, theta[1] - lr * slope[1] / 2]
        path.append(theta)
    best = toy.minima[0]
    pen.path([[x, best[0] * x + best[1]] for x in (0, 1)], "green", 1.6, True)
    pen.path([[x, w * x + b] for x in (0, 1)], "ink", 1.6)
    pen.path([[x, theta[0] * x + theta[1]] for x in (0, 1)], "blue")
    pen.handle("", "b", 0, b, "ink")
    pen.handle("", "w", 1, w + b, "ink", 0, b)

    pen.on(1)
    pen.path(path, "blue", 1.2)
    pen.dots(path[0 : min(steps, 60) + 1], "blue", 3.5)
    pen.dots([best], "green", 8)
    pen.dots([theta], "blue", 8)
    pen.handle("w", "b", w, b, "ink")
    cost = toy.value(theta) / 2
    if cost > 1e6:
        pen.say(f"From w = {w:.2f}, b = {b:.2f} the steps are too long: after {steps} J is beyond a million.")
    else:
        pen.say(
            f"From w = {w:.2f}, b = {b:.2f} to w = {theta[0]:.2f}, b = {theta[1]:.2f} in {steps} steps. "
            f"J is {cost:.4f}; the least is {LEAST / 2:.4f}, at w = {best[0]:.2f}, b = {best[1]:.2f}."
        )
