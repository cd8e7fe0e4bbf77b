"""What the text of the race says of rules with a rate for each coordinate."""

import math

import numpy as np
import pytest

from gdbook.descent import descend
from gdbook.figures.how_fast import worst_steps
from gdbook.figures.race import KAPPA
from gdbook.functions import quadratic
from gdbook.rules import adagrad, adam, momentum, sgd
from gdbook.theory import momentum_best, steps_to


def apart(rule):
    """How far the paths at κ = 10 and at κ = 1,000 are from each other at most."""
    shallow, steep = (
        descend(quadratic(kappa).grad, [2.0, 2.0], rule=rule, lr=0.1, steps=100).w for kappa in (10, 1000)
    )
    return abs(shallow - steep).max()


@pytest.mark.parametrize("rule", [adagrad, adam])
def test_a_valley_along_an_axis_is_no_valley_to_a_rule_with_a_rate_for_each_coordinate(rule):
    assert apart(rule) < 1e-5


def test_to_gradient_descent_it_is():
    assert apart(sgd) > 1


def test_a_thousand_times_nearer_takes_momentum_more_steps_than_its_rate_alone_says():
    """Both roots are equal at both ends of the curvatures, whichever way the start lies."""
    lr, mu = momentum_best(1, KAPPA)
    angles = np.linspace(0, np.pi, 181)
    start = np.array([np.cos(angles), np.sin(angles)])
    far = np.linalg.norm(
        descend(lambda w: np.array([[1.0], [KAPPA]]) * w, start, momentum, 200, lr=lr, momentum=mu).w, axis=1
    )
    took = 201 - np.argmax(far[::-1] > 1e-3, axis=0)
    assert took.max() == worst_steps("heavy ball, tuned", KAPPA)
    assert took.min() > steps_to(1e-3, math.sqrt(mu)) + 10
