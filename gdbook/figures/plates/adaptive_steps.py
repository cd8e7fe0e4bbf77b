"""Plates of the chapter *Adaptive steps*."""

from math import cos, pi, sin, sqrt

from gdbook.figures.plate import Frame, Knob, plate
from gdbook.rules import adagrad, sgd

STEEP, STEPS = 50, 30
LR_SGD, LR_ADAGRAD = 0.038, 0.8
LEVELS = (0.5, 3, 9, 20, 40)


@plate(
    Frame((-2.9, 2.9), (-1.7, 2.7), "w₁", "w₂", xticks=(-2, -1, 0, 1, 2), yticks=(-1, 0, 1, 2), equal=True),
    Knob("turn", "turned by degrees", 0, 90, 0),
    Knob("along", "start, along the valley", -2.6, 2.6, 2.4),
    Knob("across", "start, across it", -1.4, 1.4, 1),
    height=5,
)
def turned_valley(pen, turn, along, across):
    """Gradient descent and AdaGrad in a valley that can be turned, start and all."""
    angle = turn * pi / 180
    c, s = cos(angle), sin(angle)
    for level in LEVELS:
        pen.ellipse(0, 0, sqrt(2 * level), sqrt(2 * level / STEEP), angle, "muted")
    start = [c * along - s * across, s * along + c * across]
    plain, scaled, total = start, start, [0.0, 0.0]
    paths = [[start], [start]]
    for _ in range(STEPS):
        slope = _slope(plain, c, s)
        plain = [sgd(plain[i], slope[i], None, LR_SGD)[0] for i in range(2)]
        slope, moved, sums = _slope(scaled, c, s), [0.0, 0.0], [0.0, 0.0]
        for i in range(2):
            moved[i], sums[i] = adagrad(scaled[i], slope[i], total[i], LR_ADAGRAD)
        scaled, total = moved, sums
        paths[0].append(plain)
        paths[1].append(scaled)
    for path, colour in zip(paths, ("blue", "teal"), strict=True):
        pen.path(path, colour, 1.2)
        pen.dots(path, colour, 3.5)
    pen.dots([[0, 0]], "green", 8)
    pen.dots([start], "ink", 8)
    pen.text(-2.7, 2.4, "gradient descent", "blue", 1)
    pen.text(-2.7, 2.05, "AdaGrad", "teal", 1)
    ends = [sqrt(path[-1][0] * path[-1][0] + path[-1][1] * path[-1][1]) for path in paths]
    pen.say(
        f"Turned by {turn:.0f}°: after {STEPS} steps gradient descent is {ends[0]:.2f} from the minimum, "
        f"and AdaGrad {ends[1]:.3f}. Only AdaGrad’s path depends on the angle."
    )


def _slope(w, c, s):
    """The gradient where the valley's axes are turned by the angle of this cosine and sine."""
    along, across = c * w[0] + s * w[1], STEEP * (c * w[1] - s * w[0])
    return [c * along - s * across, s * along + c * across]
