"""Figures of the noise lab."""

import math

import numpy as np

from gdbook.browser.noise import noisy_descent
from gdbook.figures.colours import BEST, DESCENT
from gdbook.figures.house import figure, in_house_style
from gdbook.theory import noise_variance

# The problem of the lab: ½λx² from x = 1, where the gradient of one sample has noise of σ = 1.
CURVATURE = 1.0
SIGMA = 1.0
START = 1.0
SEED = 42
SHOWN = 300  # steps in the picture; the histogram is of the second half of the whole run
STEPS = 4000


@in_house_style
def noise(lr=0.1):
    """A noisy descent with the spread that theory predicts, and a histogram of where it stays."""
    xs = np.array(noisy_descent(CURVATURE, lr, 0.0, SIGMA, START, STEPS, SEED))
    spread = math.sqrt(noise_variance(lr, 0.0, CURVATURE, SIGMA**2))
    fig, (path, share) = figure(height=3.825, panels=2, sharey=True, width_ratios=(5, 1))
    for ax in (path, share):
        ax.axhspan(-spread, spread, color=BEST, alpha=0.15, linewidth=0)
        ax.grid(False)
    path.plot(xs[: SHOWN + 1], color=DESCENT, linewidth=1.2)
    path.text(SHOWN, 1.2, f"band: ±{spread:.3f}, predicted", color=BEST, ha="right", va="top")
    path.set(xlabel="step", ylabel="x", xlim=(0, SHOWN), ylim=(-1.25, 1.25), yticks=(-1, -0.5, 0, 0.5, 1))
    share.hist(xs[STEPS // 2 :], bins=np.linspace(-1.25, 1.25, 51), orientation="horizontal", color=DESCENT)
    share.set(xlabel="later", xticks=())
    return fig
