"""What the text of the race says of rules with a rate for each coordinate."""

import pytest

from gdbook.descent import descend
from gdbook.functions import quadratic
from gdbook.rules import adagrad, adam, sgd


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
