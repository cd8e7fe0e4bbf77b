"""The phase diagram: its best point is the best of its map, and its shades are the lab's."""

import re
from pathlib import Path

import numpy as np

from gdbook.figures.momentum_lab import DIGIT_STEPS, SHADES, TOO_LARGE, phase_diagram
from gdbook.theory import momentum_rate

LAB = Path(__file__).parents[2] / "docs" / "assets" / "labs" / "momentum.js"


def numbers(name):
    """The numbers of a constant of the lab's script."""
    return [float(n) for n in re.findall(r"[\d.]+", re.search(rf"const {name} = (.*);", LAB.read_text())[1])]


def test_the_best_point_is_the_best_of_a_grid():
    ax = phase_diagram(kappa=25).axes[0]
    (marker,) = (line for line in ax.lines if line.get_marker() == "D")
    x, y = (float(values[0]) for values in marker.get_data())
    grid = [
        (momentum_rate(lr, beta, 1 / 25, 1), lr, beta)
        for lr in np.linspace(0.05, 4, 80)
        for beta in np.linspace(0, 0.99, 100)
    ]
    _, lr, beta = min(grid)
    assert abs(x - lr) < 0.1
    assert abs(y - beta) < 0.02


def test_the_live_map_has_the_same_bands():
    assert numbers("DIGIT_STEPS") == list(DIGIT_STEPS)
    assert numbers("SHADES") == list(SHADES)
    assert numbers("DIVERGES") == [TOO_LARGE]


def test_the_live_picture_has_the_figure_s_shape():
    width, height = phase_diagram().get_size_inches()
    style = (LAB.parents[1] / "labs.css").read_text()
    across, down = re.search(r"\n  \.gd-stage \{ aspect-ratio: (\d+) / (\d+);", style).groups()
    assert abs(int(down) / int(across) - height / width) < 0.002
