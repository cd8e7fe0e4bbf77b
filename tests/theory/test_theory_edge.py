"""The edge of stability: each threshold against the spectral radius of the rule's own step."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.descent import descend
from gdbook.rules import momentum, nesterov, sgd
from gdbook.theory import (
    adam_edge,
    gd_edge,
    gd_limit,
    largest_curvature,
    momentum_edge,
    momentum_limit,
    nesterov_edge,
    nesterov_limit,
    scalar_net,
)

rates = st.floats(1e-3, 10)
betas = st.floats(0.05, 0.95)


def radius(step):
    """Spectral radius of a linear step (w, v) -> (w, v), from what it does to (1, 0) and (0, 1)."""
    columns = [np.array(step(*unit), dtype=float) for unit in ((1.0, 0.0), (0.0, 1.0))]
    return np.abs(np.linalg.eigvals(np.array(columns).T)).max()


def crosses_one(at):
    """Whether the radius passes 1 at sharpness ``edge``, from below."""
    return at(0.999) < 1 < at(1.001)


@given(rates)
def test_edge_of_gradient_descent(lr):
    edge = gd_edge(lr)
    assert crosses_one(lambda share: radius(lambda w, v: (sgd(w, share * edge * w, lr=lr)[0], 0.0)))
    assert gd_limit(edge) == pytest.approx(lr)


@given(rates, betas)
def test_edge_of_the_heavy_ball(lr, beta):
    edge = momentum_edge(lr, beta)
    assert crosses_one(lambda share: radius(lambda w, v: momentum(w, share * edge * w, v, lr, beta)))
    assert momentum_limit(beta, edge) == pytest.approx(lr)


@given(rates, betas)
def test_edge_of_nesterov(lr, beta):
    edge = nesterov_edge(lr, beta)
    assert crosses_one(lambda share: radius(lambda w, v: nesterov(w, share * edge * w, v, lr, beta)))
    assert nesterov_limit(beta, edge) == pytest.approx(lr)


@given(rates, betas)
def test_edge_of_adam_with_its_second_moment_at_rest(lr, beta1):
    def step(w, m, sharpness):
        m = beta1 * m + (1 - beta1) * sharpness * w
        return w - lr * m, m

    edge = adam_edge(lr, beta1)
    assert crosses_one(lambda share: radius(lambda w, m: step(w, m, share * edge)))


def test_edge_of_adam_at_its_defaults_is_38_over_eta():
    assert adam_edge(0.1) == pytest.approx(38 / 0.1)


def test_derivatives_of_the_scalar_net():
    w, h = np.array([1.7, 0.4]), 1e-6
    for i in range(2):
        nudge = h * np.eye(2)[i]
        slope = (scalar_net(w + nudge) - scalar_net(w - nudge)) / (2 * h)
        assert scalar_net.grad(w)[i] == pytest.approx(slope, abs=1e-8)
        column = (scalar_net.grad(w + nudge) - scalar_net.grad(w - nudge)) / (2 * h)
        assert scalar_net.hess(w)[i] == pytest.approx(column, abs=1e-7)


@given(st.floats(0.3, 3))
def test_sharpness_at_a_minimum_of_the_scalar_net(x):
    w = (x, 1 / x)
    assert scalar_net(w) == pytest.approx(0, abs=1e-25)
    assert largest_curvature(scalar_net.hess(w)) == pytest.approx(4 * (x * x + 1 / (x * x)), rel=1e-9)


@pytest.mark.parametrize("lr", [0.12, 0.15, 0.18])
def test_sharpness_of_the_scalar_net_rises_to_two_over_eta(lr):
    run = descend(scalar_net.grad, np.array(scalar_net.start), lr=lr, steps=600, loss=scalar_net)
    sharpness = [largest_curvature(scalar_net.hess(w)) for w in run.w]
    assert sharpness[0] < 0.1
    assert 0.98 * gd_edge(lr) < sharpness[-1] < gd_edge(lr)
    assert run.loss[-1] < 1e-9


def test_a_small_step_ends_where_the_sharpness_is_that_of_the_flow():
    """The flow keeps x² − y²; with xy = 1 at its end, that gives x, and the sharpness 4 (x² + y²)."""
    x0, y0 = scalar_net.start
    kept = x0 * x0 - y0 * y0
    run = descend(scalar_net.grad, np.array(scalar_net.start), lr=0.001, steps=30_000)
    expected = 4 * np.sqrt(kept * kept + 4)
    # the steps drift by η/2 times the flow's time: here below one part in a hundred
    assert largest_curvature(scalar_net.hess(run.w[-1])) == pytest.approx(expected, rel=0.01)
