"""Where good methods fail: Newton's from too far away, and the heavy ball on a loss that is no quadratic."""

from fractions import Fraction
from math import cosh, sinh, tanh

import numpy as np
import pytest

from gdbook.descent import descend
from gdbook.rules import momentum, sgd
from gdbook.theory import CYCLE, gd_best_lr, kinked, momentum_best, newton_log_cosh_limit

LR, BETA = Fraction(1, 9), Fraction(4, 9)
EXACT = [Fraction(n, 1225) for n in (792, -2208, 2592)]


def test_three_steps_lead_back_exactly():
    """From the step 2592 → 792, whose velocity is (2592 − 792)/1225 ÷ η."""
    x, velocity = EXACT[0], (EXACT[2] - EXACT[0]) / LR
    seen = []
    for _ in range(6):
        x, velocity = momentum(x, kinked.grad(x), velocity, lr=LR, momentum=BETA)
        seen.append(x)
    assert seen == [EXACT[1], EXACT[2], EXACT[0]] * 2
    assert pytest.approx([float(x) for x in EXACT], rel=1e-15) == CYCLE


def test_from_33_it_ends_in_the_cycle():
    run = descend(kinked.grad, 3.3, momentum, lr=1 / 9, momentum=4 / 9, steps=300)
    phase = int(np.argmin(abs(np.array(CYCLE) - run.w[-1])))
    expected = [CYCLE[(phase - 2 + i) % 3] for i in range(3)]
    assert run.w[-3:] == pytest.approx(expected, abs=1e-12)


def test_the_settings_are_the_best_of_a_quadratic_with_these_curvatures():
    curvatures = kinked.hess(np.linspace(-3, 4, 400))
    mu, L = curvatures.min(), curvatures.max()
    assert (mu, L) == (1, 25)
    assert momentum_best(mu, L) == pytest.approx((1 / 9, 4 / 9), rel=1e-15)


def test_gradient_descent_converges_there():
    run = descend(kinked.grad, 3.3, sgd, lr=gd_best_lr(1, 25), steps=400)
    assert abs(run.w[-1]) < 1e-12


def test_value_slope_and_curvature_belong_together():
    x = np.linspace(-3, 3.5, 1301)  # no point within h of a kink but the kinks themselves
    h = 1e-6
    assert np.abs((kinked(x + h) - kinked(x - h)) / (2 * h) - kinked.grad(x)).max() < 1e-4  # 25 h at a kink
    smooth = np.minimum(abs(x - 1), abs(x - 2)) > 2 * h
    slopes = (kinked.grad(x + h) - kinked.grad(x - h)) / (2 * h)
    np.testing.assert_allclose(slopes[smooth], kinked.hess(x)[smooth], rtol=1e-7)
    assert kinked(0.0) == 0
    for kink in (1.0, 2.0):  # no jump
        assert kinked.grad(kink - 1e-12) == pytest.approx(kinked.grad(kink), abs=1e-9)
        assert kinked(kink - 1e-12) == pytest.approx(kinked(kink), abs=1e-9)


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
