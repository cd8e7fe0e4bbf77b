"""The numbers in the text of the ball's lab, against steps written out here."""

import pytest

from gdbook.figures.ball import first_step, rest
from gdbook.functions import parabola, wavy
from gdbook.rules import adagrad, adam, lion, momentum, rmsprop, sgd


@pytest.mark.parametrize("lr", [0.1, 0.9])
def test_on_the_parabola_a_step_multiplies_the_distance(lr):
    assert rest(parabola, 2.6, lr, 10) == pytest.approx(2.6 * (1 - 2 * lr) ** 10)


def test_momentum_comes_to_rest_at_the_lowest_point_and_descent_in_the_first_dip():
    x, v = 5.0, 0.0
    for _ in range(300):
        v = 0.9 * v + wavy.grad(x)
        x = x - 0.05 * v
    assert rest(wavy, 5.0, 0.05, 300, momentum, momentum=0.9) == pytest.approx(x, rel=1e-9)
    assert abs(x) < 0.005
    stuck = rest(wavy, 5.0, 0.05, 300)
    assert 3 < stuck < 5
    assert abs(wavy.grad(stuck)) < 1e-6


def test_the_first_step_of_three_rules_is_the_rate_and_of_two_is_not():
    slope = 2.6**3 - 2 * 2.6
    assert first_step(sgd) == pytest.approx(0.1 * slope)
    assert first_step(rmsprop) == pytest.approx(0.1 / (1 - 0.99) ** 0.5, rel=1e-6)
    assert {f"{first_step(rule):.1f}" for rule in (adagrad, adam, lion)} == {"0.1"}
