"""Figure of the lab *Learning rate*: a run in the plane of w and b."""

import math

from matplotlib.patches import Ellipse

from gdbook.browser.line_loss import LineLoss
from gdbook.data import toy_line
from gdbook.descent import descend
from gdbook.figures.colours import BEST, CURVE, DESCENT, INK, MUTED
from gdbook.figures.house import figure, in_house_style
from gdbook.theory import half_axis


@in_house_style
def plane(lr=0.5, epochs=100):
    """Contour lines of the toy line's loss, its two directions, and gradient descent from w = b = 0."""
    loss = LineLoss(*toy_line())
    w, b = loss.minima[0]
    fig, ax = figure(height=3.825)
    turned = [math.degrees(math.atan2(*reversed(direction))) for direction in loss.directions]
    for rise in (2.0**power for power in range(-4, 4)):
        sizes = (2 * half_axis(rise, curvature) for curvature in loss.curvatures)
        ax.add_patch(Ellipse((w, b), *sizes, angle=turned[0], fill=False, edgecolor=MUTED, linewidth=0.8))
    for direction in loss.directions:
        ax.axline((w, b), (w + direction[0], b + direction[1]), color=CURVE, linewidth=1, linestyle="--")
    path = descend(loss.grad, loss.start, lr=lr, steps=epochs).w
    ax.plot(*path.T, "o-", color=DESCENT, markersize=4, linewidth=1.4)
    ax.plot(*path[0], "o", color=INK, markersize=11, fillstyle="none", markeredgewidth=2)
    ax.plot(w, b, "o", color=BEST, markersize=6)
    for text, curvature, place, angle in (
        ("flat", loss.curvatures[0], (3.57, 0.29), turned[0] - 180),
        ("steep", loss.curvatures[1], (2.57, 1.7), turned[1]),
    ):
        ax.text(*place, f"{text}, λ = {curvature:.3g}", color=INK, rotation=angle, ha="center", va="center")
    ax.set(xlabel="w", ylabel="b", xlim=loss.domain[0], ylim=loss.domain[1], aspect="equal")
    ax.set(xticks=range(-1, 6), yticks=(0, 1, 2))
    ax.grid(False)
    return fig
