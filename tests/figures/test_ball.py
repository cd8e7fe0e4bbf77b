"""The numbers in the text of the ball's lab, against steps written out here."""

import pytest

from gdbook.descent import descend
from gdbook.figures.ball import first_step, rest, turning_rate
from gdbook.functions import double_well, parabola, wavy
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


def thrown_out(lr, start=2.6):
    """Whether descent on the double well, written out, goes out of all bounds."""
    x = start
    for _ in range(3000):
        x = x - lr * (x**3 - 2 * x)
        if abs(x) > 1e3:
            return True
    return False


def test_from_far_out_a_rate_of_042_comes_to_rest_in_a_minimum_and_043_is_thrown_out():
    assert rest(double_well, 2.6, 0.42, 300) == pytest.approx(2**0.5)
    assert not any(thrown_out(lr / 100) for lr in range(1, 43))
    assert descend(double_well.grad, 2.6, lr=0.43, steps=300).diverged_at is not None
    assert all(thrown_out(lr / 100) for lr in range(43, 60))


@pytest.mark.parametrize("start", [2.2, 2.6, 4.0])
def test_the_ball_is_thrown_out_where_the_first_step_ends_farther_out_than_it_began(start):
    assert turning_rate(start) == pytest.approx(2 / (start**2 - 2))
    assert not thrown_out(0.9999 * turning_rate(start), start)
    assert thrown_out(1.0001 * turning_rate(start), start)
