"""The update rules: their laws, and the same steps from an independent form."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.rules import RULES, momentum, sgd

each_rule = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
# Not so small that a product loses bits: scaling by a power of two is exact only above that.
numbers = st.floats(-100, 100).filter(lambda number: number == 0 or abs(number) > 1e-100)
powers_of_two = st.sampled_from([0.25, 0.5, 2.0, 8.0])  # which scale a float without rounding
rates = st.floats(1e-4, 1.0)


def run(rule, w, gradients, **hyper):
    """The parameters after each of the given gradients."""
    path, state = [w], ()
    for g in gradients:
        w, *state = rule(w, g, *state, **hyper)
        path.append(w)
    return path


@given(numbers, numbers, rates)
def test_sgd_steps_against_the_gradient(w, g, lr):
    assert sgd(w, g, lr=lr) == (w - lr * g, None)


@given(numbers, numbers, rates)
def test_momentum_zero_is_sgd(w, g, lr):
    assert run(momentum, w, [g, -g, g], lr=lr, momentum=0.0) == run(sgd, w, [g, -g, g], lr=lr)


@given(numbers, st.lists(numbers, min_size=1, max_size=8), rates, st.floats(0, 0.99))
def test_momentum_takes_polyaks_steps(w, gradients, lr, beta):
    """Polyak 1964: w⁺ = w − η g + β (w − w⁻), with no velocity at all."""
    path = [w]
    for t, g in enumerate(gradients):
        path.append(path[t] - lr * g + beta * (path[t] - path[t - 1] if t else 0.0))
    # At most eight steps of size 100/(1 − β): differences of path points lose that much in rounding.
    np.testing.assert_allclose(run(momentum, w, gradients, lr=lr, momentum=beta), path, rtol=0, atol=1e-10)


@given(numbers, rates, st.floats(0, 0.95))
def test_momentum_under_a_constant_gradient_reaches_terminal_velocity(g, lr, beta):
    """The velocity is the geometric series g (1 − βᵗ)/(1 − β)."""
    velocity, t = 0.0, 50
    for _ in range(t):
        _, velocity = momentum(0.0, g, velocity, lr=lr, momentum=beta)
    assert velocity == pytest.approx(g * (1 - beta**t) / (1 - beta), rel=1e-12)  # 50 roundings


@each_rule
@given(w=numbers, gradients=st.lists(numbers, max_size=5), scale=powers_of_two)
def test_scaling_the_loss_is_scaling_the_rate(rule, w, gradients, scale):
    """A loss times c has gradients times c: a rate divided by c takes the same steps."""
    scaled = run(rule, w, [scale * g for g in gradients], lr=0.1 / scale)
    assert scaled == run(rule, w, gradients, lr=0.1)


@each_rule
@given(w=numbers, gradients=st.lists(numbers, max_size=5), scale=powers_of_two)
def test_scaling_parameters_and_gradients_scales_the_path(rule, w, gradients, scale):
    scaled = run(rule, scale * w, [scale * g for g in gradients], lr=0.1)
    assert scaled == [scale * point for point in run(rule, w, gradients, lr=0.1)]


@each_rule
@given(w=numbers, shift=numbers, gradients=st.lists(numbers, max_size=5))
def test_the_origin_does_not_matter(rule, w, shift, gradients):
    shifted = np.array(run(rule, w + shift, gradients, lr=0.1))
    # |w| stays below some 1000, so a sum is off by at most 1e-13, and there are ten
    np.testing.assert_allclose(shifted - shift, run(rule, w, gradients, lr=0.1), rtol=0, atol=1e-11)


@each_rule
def test_arrays_step_as_their_elements_do(rule):
    rng = np.random.default_rng(0)
    w, gradients = rng.normal(size=(2, 3)), rng.normal(size=(5, 2, 3))
    path = np.array(run(rule, w, gradients, lr=0.1))
    for index in np.ndindex(2, 3):
        alone = run(rule, float(w[index]), [float(g[index]) for g in gradients], lr=0.1)
        np.testing.assert_array_equal(path[(slice(None), *index)], alone)


@each_rule
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_keep_their_dtype(rule, dtype):
    gradients = [np.ones(3, dtype)] * 3
    assert {w.dtype for w in run(rule, np.zeros(3, dtype), gradients, lr=0.1)} == {np.dtype(dtype)}


@each_rule
def test_floats_stay_floats(rule):
    assert {type(w) for w in run(rule, 1.0, [0.5, 0.5], lr=0.1)} == {float}


@each_rule
def test_no_argument_is_changed(rule):
    w, g = np.array([1.0, 2.0]), np.array([0.5, -0.5])
    _, *state = rule(w, g, lr=0.1)
    kept = [s if s is None else s.copy() for s in state]
    rule(w, g, *state, lr=0.1)
    np.testing.assert_array_equal(w, [1.0, 2.0])
    np.testing.assert_array_equal(g, [0.5, -0.5])
    for now, before in zip(state, kept, strict=True):
        np.testing.assert_array_equal(now, before)


@pytest.mark.parametrize("name", RULES)
def test_signature_is_parameters_gradient_state_rate(name):
    rule = RULES[name]
    names = list(inspect.signature(rule).parameters)
    assert rule.__name__ == name
    assert names[:2] == ["w", "g"]
    assert "lr" in names[2:]
    defaults = [p.default for p in inspect.signature(rule).parameters.values()]
    assert inspect.Parameter.empty not in defaults[2:]


def test_defaults_are_pytorchs():
    assert inspect.signature(sgd).parameters["lr"].default == 1e-3
    assert inspect.signature(momentum).parameters["lr"].default == 1e-3
    assert inspect.signature(momentum).parameters["momentum"].default == 0.9
