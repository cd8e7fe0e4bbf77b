"""The noise lab: rate, momentum and batch size on a noisy gradient, and what there is to try."""

import math

from gdbook.browser.noise import measured_floor, noisy_descent
from gdbook.figures.noise import CURVATURE, SEED, SIGMA, START, STEPS
from gdbook.figures.noise import noise as noise_figure
from gdbook.site.pages.lab import Slider, lab
from gdbook.theory import momentum_limit, noise_floor

BEGIN = {"lr": 0.1, "mu": 0, "batch": 1, "steps": STEPS, "seed": SEED}


def run(state):
    """The positions of a run from a state of the lab."""
    noise = SIGMA / math.sqrt(state["batch"])
    return noisy_descent(CURVATURE, state["lr"], state["mu"], noise, START, state["steps"], state["seed"])


def measured(state):
    return measured_floor(run(state), CURVATURE)


def predicted(state):
    return noise_floor(state["lr"], state["mu"], CURVATURE, SIGMA**2 / state["batch"])


def tries():
    """What to try: questions, which the lab answers."""
    limit = momentum_limit(0, CURVATURE)
    return (
        (BEGIN, "η = 0.1, one sample a step: where does the loss stop falling?"),
        ({**BEGIN, "batch": 16}, "16 samples a step: how much lower is the floor?"),
        ({**BEGIN, "lr": 0.05}, "Half the rate: what happens to the floor, and to the pace?"),
        ({**BEGIN, "mu": 0.9}, "μ = 0.9 at the same rate: is the floor lower or higher?"),
        ({**BEGIN, "mu": 0.9, "lr": 0.01}, "μ = 0.9 at a tenth of the rate: and now?"),
        ({**BEGIN, "lr": 1.9}, f"η = 1.9, close under the limit {limit:g}: how high is the floor?"),
        (
            {**BEGIN, "lr": 2.1, "batch": 256},
            f"η = 2.1, over the limit {limit:g}: do 256 samples a step help?",
        ),
        ({**BEGIN, "lr": 0.001}, f"η = 0.001: are {STEPS:,} steps enough?"),
    )


def noise():
    """The noise lab: one parabola, a gradient that is never quite right."""
    fields = (
        Slider("lr", "learning rate η", 0.001, 4, BEGIN["lr"], log=True),
        Slider("mu", "momentum μ", 0, 0.99, BEGIN["mu"]),
        Slider("batch", "batch size B", 1, 256, BEGIN["batch"], log=True, whole=True),
        Slider("steps", "steps", 100, 20000, BEGIN["steps"], log=True, whole=True),
        Slider("seed", "seed of the noise", 1, 999, BEGIN["seed"], whole=True),
    )
    below = (
        '<div class="gd-chart"></div><div class="gd-numbers">'
        '<table class="gd-three"><thead><tr><th scope="col">floor, predicted</th>'
        '<th scope="col">measured</th><th scope="col">samples used</th></tr></thead><tbody><tr>'
        f'<td data-show="predicted">{predicted(BEGIN):.3g}</td>'
        f'<td data-show="measured">{measured(BEGIN):.3g}</td>'
        f'<td data-show="samples">{STEPS:,}</td>'
        "</tr></tbody></table></div>"
    )
    label = (
        "The path of x over 300 steps: from 1 it falls to 0 and then jitters, mostly inside a band that "
        "theory predicts. Beside it a histogram of where it is later: a bell around 0."
    )
    return lab(
        "noise",
        noise_figure,
        label,
        fields,
        tries(),
        speeds=(6, 20, 60),
        above='<div class="gd-transport"><button type="button" data-do="again">Other noise</button></div>',
        below=below,
    )
