"""Newton on log cosh: the limit against its equation, and against the iteration on either side."""

from math import cosh, sinh, tanh

import pytest

from gdbook.theory import newton_log_cosh_limit


def newton(x, steps):
    for _ in range(steps):
        if abs(x) > 20:  # the next step is e⁴⁰/4 long
            return x
        x = x - tanh(x) * cosh(x) ** 2
    return x


def test_the_limit_solves_its_equation():
    x = newton_log_cosh_limit()
    assert x == pytest.approx(1.08866, abs=5e-6)
    assert sinh(2 * x) == pytest.approx(4 * x, rel=1e-14)


def test_at_the_limit_newton_jumps_to_the_other_side():
    x = newton_log_cosh_limit()
    assert newton(x, 1) == pytest.approx(-x, rel=1e-14)


@pytest.mark.parametrize("side", [-1, 1])
def test_it_converges_below_and_diverges_above(side):
    limit = newton_log_cosh_limit()
    assert abs(newton(side * (limit - 1e-6), 40)) < 1e-9
    assert abs(newton(side * (limit + 1e-6), 40)) > 20
