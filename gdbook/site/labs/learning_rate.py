"""The learning rate lab: what the reader can choose, and what there is to try."""

import math

from gdbook.browser.iterate import arrival
from gdbook.browser.line_loss import LineLoss
from gdbook.data import toy_line
from gdbook.descent import descend
from gdbook.figures.learning_rate_lab import plane
from gdbook.site.pages.lab import Slider, lab
from gdbook.theory import gd_best_lr, gd_limit

LOSS = LineLoss(*toy_line())
LIMIT = gd_limit(LOSS.curvatures[1])
BEST = gd_best_lr(*LOSS.curvatures)
MOST = 500  # epochs
VALLEY = {"w0": -0.19, "b0": 2.16}  # nearly on the flat direction through the minimum


def run(lr, epochs=MOST, w0=0.0, b0=0.0):
    """``(trace, epoch from which on it is within a thousandth of its first distance)``, −1 if never."""
    trace = descend(LOSS.grad, [w0, b0], lr=lr, steps=epochs, loss=LOSS)
    return trace, arrival(trace.w.tolist(), LOSS.minima, math.dist((w0, b0), LOSS.minima[0]) / 1000)[0]


def tries():
    """What to try: questions, which the lab answers."""
    return (
        ({"lr": 0.1}, "η = 0.1: does the path swing?"),
        ({"lr": 0.5}, "η = 0.5: which direction sets the pace?"),
        ({"lr": round(BEST, 4)}, f"η = {BEST:.4f}, the best rate: how many epochs does it take?"),
        ({"lr": 0.78, "epochs": MOST}, "η = 0.78, this close to the limit: does it still converge?"),
        ({"lr": 0.8}, "η = 0.80: how much does each swing grow?"),
        ({"lr": 0.01}, "η = 0.01: how much of the distance is left after 100 epochs?"),
        (
            {"lr": 0.8, "epochs": 300, **VALLEY},
            "η = 0.80 from the floor of the valley: when does the loss show it?",
        ),
    )


def learning_rate():
    """The learning rate lab: gradient descent on the loss of the toy line, in the plane of w and b."""
    label = (
        "Contour lines of the loss in the plane of w and b: ellipses, long in one direction and narrow in "
        "the other. With a learning rate of 0.5 the path from w = b = 0 swings across the narrow direction "
        "a few times, ever less, and follows the long one to the minimum."
    )
    blank = "".join(f'<td data-show="{name}"></td>' for name in ("epoch", "w", "b", "loss"))
    factors = "".join(
        f'<tr><th scope="row">{name}</th><td>{curvature:.4g}</td><td data-show="{name}"></td></tr>'
        for name, curvature in zip(("flat", "steep"), LOSS.curvatures, strict=True)
    )
    below = (
        '<div class="gd-chart"></div><div class="gd-numbers">'
        '<table class="gd-three gd-here"><thead><tr><th scope="col">epoch</th>'
        '<th scope="col">w</th><th scope="col">b</th><th scope="col">loss</th></tr></thead>'
        f"<tbody><tr>{blank}</tr></tbody></table>"
        '<table class="gd-three gd-factors"><thead><tr><th scope="col">direction</th><th scope="col">λ</th>'
        f'<th scope="col">1 − ηλ</th></tr></thead><tbody>{factors}</tbody></table></div>'
    )
    (w_low, w_high), (b_low, b_high) = LOSS.domain
    marks = {BEST: f"best {BEST:.4f}", LIMIT: f"limit {LIMIT:.4f}"}
    knots = {0.003: 0, 0.6: 0.42, BEST: 0.55, LIMIT: 0.75, 0.81: 0.86, 1.2: 1}
    fields = (
        Slider("lr", "learning rate η", 0.003, 1.2, 0.5, log=True, marks=marks, knots=knots),
        Slider("w0", "start w", w_low, w_high, 0.0),
        Slider("b0", "start b", b_low, b_high, 0.0),
        Slider("epochs", "epochs shown", 10, MOST, 100, whole=True),
    )
    return lab(
        "learning-rate",
        plane,
        label,
        fields,
        tries(),
        speeds=(6, 20, 60),
        below=below,
    )
