"""Sophia, its estimates of the Hessian's diagonal, and how both go into a run."""

import itertools

import numpy as np
import pytest

from gdbook.descent import descend
from gdbook.functions import quadratic, rosenbrock
from gdbook.rules import hutchinson, lion, sgd, sophia, sophia_with


def test_without_an_estimate_each_step_is_a_sign():
    w, _ = sophia(np.array([1.0, 1.0]), np.array([3.0, -1e-4]), lr=0.1, weight_decay=0.0)
    np.testing.assert_allclose(w, [0.9, 1.1], rtol=1e-15)
    signs, _ = lion(1.0, 3.0, lr=0.1, weight_decay=0.0)
    assert w[0] == signs


def test_a_known_curvature_makes_it_newtons_step():
    """β₁ = 0 and H = h, γ = 1: η·g/h, as long as that is below 1."""
    _, (m, _, t) = sophia(0.0, 0.0, beta1=0.0)
    w, _ = sophia(5.0, 2.0, (m, 8.0, t), beta1=0.0, gamma=1.0, lr=1.0, weight_decay=0.0)
    assert w == 5.0 - 2.0 / 8.0
    w, _ = sophia(5.0, 2.0, (m, 0.5, t), beta1=0.0, gamma=1.0, lr=1.0, weight_decay=0.0)
    assert w == 5.0 - 1.0  # cut off


def test_an_estimate_counts_from_the_next_step_on_and_is_averaged():
    w, state = sophia(1.0, 1.0, h=2.0)
    assert w == sophia(1.0, 1.0)[0]
    assert state[1] == pytest.approx(0.01 * 2.0)
    _, kept = sophia(w, 1.0, state)
    assert kept[1] == state[1]
    _, mixed = sophia(w, 1.0, state, h=5.0)
    assert mixed[1] == pytest.approx(0.99 * 0.02 + 0.01 * 5.0)


def test_in_a_run_the_diagonal_is_asked_every_so_many_steps_at_the_current_point():
    asked = []

    def diagonal(w):
        asked.append(w)
        return np.diag(rosenbrock.hess(w))

    trace = descend(
        rosenbrock.grad, rosenbrock.start, sophia_with(diagonal, every=4), steps=10, lr=1e-3, gamma=0.1
    )
    np.testing.assert_array_equal(asked, trace.w[[0, 4, 8]])


def test_sophia_reaches_the_minimum_of_a_bad_quadratic_at_a_rate_that_curvature_does_not_limit():
    f = quadratic(1000)
    rule = sophia_with(lambda w: np.diag(f.hess(w)), every=1)
    hyper = {"beta1": 0.0, "beta2": 0.0, "gamma": 1.0, "weight_decay": 0.0}
    trace = descend(f.grad, f.start, rule, steps=200, lr=0.5, **hyper)
    assert np.linalg.norm(trace.w[-1]) < 1e-9
    slow = descend(f.grad, f.start, sgd, steps=200, lr=1 / 1000)
    assert np.linalg.norm(slow.w[-1]) > 0.1


def test_hutchinsons_mean_over_all_signs_is_the_diagonal():
    """All eight sign vectors, one by one: the mean is exact."""
    h = np.array([[4.0, 1.0, -2.0], [1.0, 3.0, 0.5], [-2.0, 0.5, 1.0]])

    class Signs:
        def __init__(self, signs):
            self.signs = np.array(signs)

        def random(self, shape):
            return np.where(self.signs < 0, 0.25, 0.75)

    estimates = [hutchinson(lambda z: h @ z, (3,), Signs(s)) for s in itertools.product([-1, 1], repeat=3)]
    np.testing.assert_allclose(np.mean(estimates, axis=0), np.diag(h), rtol=1e-15)


def test_hutchinsons_signs_are_fair():
    rng = np.random.default_rng(0)
    signs = np.array([hutchinson(lambda z: z * 0 + 1, (5,), rng) for _ in range(4000)])
    assert set(np.unique(signs)) == {-1.0, 1.0}
    # five standard deviations of a mean of 4000 signs
    np.testing.assert_allclose(signs.mean(0), 0, atol=5 / 4000**0.5)


def test_what_cannot_be_an_estimate_is_refused():
    with pytest.raises(ValueError, match=r"h must be a number or have the shape of w, \(2,\)"):
        sophia(np.ones(2), np.ones(2), h=np.ones((2, 2)))
    with pytest.raises(ValueError, match="h must be a number"):
        sophia(np.ones(2), np.ones(2), h=[1.0, 2.0])
    with pytest.raises(TypeError, match="diagonal must be a function"):
        sophia_with(np.ones(2))
    with pytest.raises(ValueError, match="every must be at least 1"):
        sophia_with(lambda w: w, every=0)
    with pytest.raises(ValueError, match="gamma must be above 0"):
        sophia(1.0, 1.0, gamma=0.0)
