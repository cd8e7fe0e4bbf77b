"""What *Three proofs* promises, measured another way."""

import numpy as np
import pytest
from numpy.polynomial import polynomial

from gdbook.figures import proofs as figures
from gdbook.figures.colours import BEST, CURVE, GRADIENT, ramp
from gdbook.functions import beale, double_well, quadratic, wavy
from gdbook.site.build.svg import inline_svg

KAPPA = 16


def points(ax, colour):
    return [np.array(line.get_data(), dtype=float) for line in ax.lines if line.get_color() == colour]


def test_the_slope_is_largest_along_the_gradient():
    angle, most = figures.steepest()
    assert (angle, most) == pytest.approx((np.degrees(np.arctan(2)), 20**0.5))
    (ax,) = figures.slopes_around().axes
    angles, slopes = points(ax, CURVE)[0]
    np.testing.assert_allclose(slopes, most * np.cos(np.radians(angles - angle)), atol=1e-12)
    f, h = quadratic(4), 1e-6
    for degrees, slope in zip(angles[::20], slopes[::20], strict=True):
        u = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
        measured = (f(np.array([2, 1]) + h * u) - f(np.array([2, 1]) - h * u)) / (2 * h)
        assert slope == pytest.approx(measured, abs=1e-8)
    assert points(ax, GRADIENT)[0][1] == pytest.approx([most])
    assert points(ax, BEST)[0][1] == pytest.approx([-most])


@pytest.mark.parametrize("seed", range(5))
def test_no_direction_is_steeper_than_the_gradient(seed):
    rng = np.random.default_rng(seed)
    g, u = rng.normal(size=(2, 7))
    u /= np.linalg.norm(u)
    assert abs(g @ u) <= np.linalg.norm(g)
    assert g @ g - (g @ u) ** 2 == pytest.approx(np.sum((g - (g @ u) * u) ** 2))


def test_each_step_falls_by_what_is_promised_at_least():
    lr = np.linspace(0, 4, 200)
    measured, promised = figures.falls(lr)
    g = np.tanh(1.5)
    np.testing.assert_allclose(
        measured, np.log(np.cosh(1.5)) - np.log(np.cosh(1.5 - lr * g)), rtol=1e-12, atol=1e-15
    )
    assert np.all(measured >= promised - 1e-12)
    assert figures.falls(1.0)[1] == pytest.approx(g * g / 2)
    assert figures.falls(2.0)[1] == pytest.approx(0)
    (ax,) = figures.promise().axes
    np.testing.assert_allclose(points(ax, ramp(1)[0])[0][1], figures.falls(points(ax, CURVE)[0][0])[1])


@pytest.mark.parametrize(
    ("f", "start", "low", "high"),
    [(wavy, 2.7, -4, 4), (double_well, 1.9, -2, 2), (beale, (1.0, 1.2), None, None)],
)
def test_the_lemma_holds_on_functions_that_are_not_convex(f, start, low, high):
    w = np.array(start)
    if low is None:
        # Along the step: the largest curvature on the way is what the proof needs.
        g = f.grad(w)
        ways = [w - s * 0.002 * g for s in np.linspace(0, 1, 60)]
        L = max(np.linalg.eigvalsh(f.hess(way))[-1] for way in ways)
        steps = [0.0005, 0.001, 0.002]
    else:
        L = np.max(f.hess(np.linspace(low, high, 4001)))
        g = f.grad(w)
        steps = [0.1 / L, 1 / L, 1.9 / L]
    for lr in steps:
        fall = f(w) - f(w - lr * g)
        assert fall >= lr * (1 - lr * L / 2) * np.sum(g * g) - 1e-12


def largest_root(lr, momentum, curvature):
    return np.max(np.abs(polynomial.polyroots([momentum, -(1 + momentum - lr * curvature), 1])))


def test_no_rate_and_momentum_beat_the_bound():
    bound = (KAPPA**0.5 - 1) / (KAPPA**0.5 + 1)
    rng = np.random.default_rng(0)
    for lr, momentum in rng.uniform((0.01, 0), (0.3, 1), (500, 2)):
        assert max(largest_root(lr, momentum, end) for end in (1, KAPPA)) >= bound
    best = max(largest_root((1 + bound) ** 2 / KAPPA, bound**2, end) for end in (1, KAPPA))
    assert best == pytest.approx(bound, rel=1e-6)  # a double root is as good as the root of its rounding


def test_the_condition_on_the_roots_is_exact():
    rng = np.random.default_rng(1)
    for b, c, r in rng.uniform((-3, -2, 0.05), (3, 2, 1.5), (2000, 3)):
        within = np.max(np.abs(polynomial.polyroots([c, -b, 1]))) <= r
        assert within == (abs(c) <= r * r and abs(b) <= r + c / r)


def test_the_factors_are_level_at_the_best_only():
    (ax,) = figures.level().axes
    ((_, best),) = points(ax, BEST)
    np.testing.assert_allclose(best, 0.6, rtol=1e-6)
    curvatures, less = points(ax, ramp(2)[0])[0]
    lr, momentum = 4 / (1 + KAPPA**0.5) ** 2, 0.6 * 0.36
    np.testing.assert_allclose(less, [largest_root(lr, momentum, x) for x in curvatures], rtol=1e-6)
    assert less.min() < 0.6 < less[0]
    ((_, more),) = points(ax, ramp(2)[1])
    np.testing.assert_allclose(more, (1.7 * 0.36) ** 0.5)


@pytest.mark.parametrize("draw", [figures.slopes_around, figures.promise, figures.level])
def test_each_figure_becomes_an_image(draw):
    assert 'role="img"' in inline_svg(draw(), "what it shows", "prefix-")
