"""What is said of a run of the plain loop, against the same on arrays."""

import numpy as np
import pytest

from gdbook.browser.iterate import arrival
from gdbook.descent import descend
from gdbook.functions import himmelblau, quadratic
from gdbook.rules import momentum

NEAR = 1e-3


@pytest.mark.parametrize("start", [(0.0, 0.0), (3.6, -4.7), (-4.6, -4.8), (1.2, -1.2)])
def test_arrival_is_after_the_last_point_that_is_far(start):
    points = descend(himmelblau.grad, list(start), rule=momentum, lr=0.01, steps=400).w
    away = np.linalg.norm(points[:, None] - np.array(himmelblau.minima), axis=2)
    nearest = int(away[-1].argmin())
    last_far = np.flatnonzero(away[:, nearest] > NEAR)[-1]
    assert arrival(points.tolist(), himmelblau.minima, NEAR) == [last_far + 1, nearest]


def test_a_run_that_only_passes_by_has_not_arrived():
    passes = [[1.0, 0.0], [0.0, 0.0], [-1.0, 0.0]]
    assert arrival(passes, quadratic(2).minima, NEAR) == [-1, -1]
    assert arrival([*passes, [0.0, 0.0]], quadratic(2).minima, NEAR) == [3, 0]


def test_a_run_that_starts_there_arrived_at_0():
    assert arrival([[0.0, 0.0], [0.0, NEAR]], quadratic(2).minima, NEAR) == [0, 0]
