"""Gradient flow against solutions in closed form, and the modified flow by the order of its error."""

import math

import numpy as np
import pytest

from gdbook.functions import beale, double_well, log_cosh, parabola, quadratic, rosenbrock
from gdbook.theory import gradient_flow, modified_loss


def test_the_flow_of_a_quadratic_is_an_exponential():
    f = quadratic(7)
    flow = gradient_flow(f.grad, np.array([2.0, -1.0]), 1.5, steps=400)
    assert len(flow) == 401
    t = np.linspace(0, 1.5, 401)
    expected = np.column_stack([2 * np.exp(-t), -np.exp(-7 * t)])
    assert np.abs(np.array(flow) - expected).max() < 1e-8  # order four: (7 · 1.5/400)⁴/120


def test_the_flow_of_log_cosh():
    """ẋ = −tanh x has sinh x = sinh x₀ · e^(−t)."""
    x = gradient_flow(log_cosh.grad, 2.0, 3.0, steps=300)[-1]
    assert math.sinh(x) == pytest.approx(math.sinh(2) * math.exp(-3), rel=1e-8)


def test_halving_the_step_of_the_flow_divides_its_error_by_sixteen():
    exact = math.asinh(math.sinh(2) * math.exp(-3))
    errors = [abs(gradient_flow(log_cosh.grad, 2.0, 3.0, steps=n)[-1] - exact) for n in (20, 40)]
    assert errors[0] / errors[1] == pytest.approx(16, rel=0.2)


@pytest.mark.parametrize(
    ("f", "w0"),
    [
        (double_well, 2.1),
        (log_cosh, 0.8),
        (rosenbrock, np.array([0.3, 0.4])),
        (beale, np.array([2.0, 0.2])),
    ],
    ids=repr,
)
def test_one_step_parts_from_the_flow_by_eta_squared_and_from_the_modified_flow_by_eta_cubed(f, w0):
    def error(loss, lr):
        return np.linalg.norm(w0 - lr * f.grad(w0) - gradient_flow(loss.grad, w0, lr, steps=200)[-1])

    # small enough for the next order to count little, large enough for the error to exceed rounding
    lr = 0.01 / np.max(np.abs(f.hess(w0)))
    orders = [
        math.log2(error(loss(lr), lr) / error(loss(lr / 2), lr / 2))
        for loss in (lambda lr: f, lambda lr: modified_loss(f, lr))
    ]
    assert orders == pytest.approx([2, 3], abs=0.1)


@pytest.mark.parametrize(
    ("f", "w"),
    [(double_well, 1.3), (quadratic(5), np.array([1.0, -2.0])), (beale, np.array([1.2, 0.3]))],
    ids=repr,
)
def test_the_modified_loss_and_its_gradient(f, w):
    loss, h = modified_loss(f, 0.3), 1e-6
    assert loss(w) == pytest.approx(f(w) + 0.3 / 4 * np.sum(f.grad(w) ** 2))
    nudges = [h] if f.dim == 1 else h * np.eye(2)
    slopes = [(loss(w + nudge) - loss(w - nudge)) / (2 * h) for nudge in nudges]
    assert np.ravel(loss.grad(w)) == pytest.approx(slopes, rel=1e-6)


def test_both_flows_of_a_parabola_are_exponentials():
    """λ = 2: the step multiplies by 1 − 2η, the flows by e^(−2η) and e^(−2η(1 + η))."""
    lr = 0.1
    flow = gradient_flow(parabola.grad, 1.0, lr)[-1]
    modified = gradient_flow(modified_loss(parabola, lr).grad, 1.0, lr)[-1]
    assert flow == pytest.approx(math.exp(-0.2), rel=1e-12)
    assert modified == pytest.approx(math.exp(-0.2 * 1.1), rel=1e-12)
    assert abs(modified - 0.8) < abs(flow - 0.8)
