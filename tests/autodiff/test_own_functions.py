"""The book's functions, rules and helpers under the book's engine: differentiated, or refused clearly."""

import inspect
import math

import numpy as np
import pytest

from gdbook import gradients, numeric
from gdbook.autodiff import grad, hessian, jacobian, jvp, value_and_grad
from gdbook.functions import FUNCTIONS
from gdbook.rules import RULES

MATRIX_RULES = ("muon", "shampoo", "soap")
STARTS = {
    "number": 1.3,
    "vector": np.array([1.3, -0.4, 0.2]),
    "matrix": np.array([[0.5, -0.3, 0.8], [0.2, 0.9, -0.6]]),
}
STEP = 2e-6  # of central differences: the error is some 1e-10
# In the basis of its first gradient this gradient is diagonal: what soap divides beside the diagonal is
# rounding, and differs from machine to machine. An ε that outweighs it leaves what differences can judge.
SETTINGS = {"soap": {"eps": 1e-4}}


def difference(f, x):
    return (f(x + STEP) - f(x - STEP)) / (2 * STEP)


def points(f):
    rng = np.random.default_rng(1)
    if f.dim == 1:
        return [f.start, 0.37, -1.9]
    return [np.array(f.start, float), *rng.uniform(-1.5, 1.5, (2, 2))]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_losses_have_the_gradient_and_hessian_that_they_write(name):
    f = FUNCTIONS[name]
    for w in points(f):
        np.testing.assert_allclose(grad(f)(w), f.grad(w), rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(hessian(f)(w), f.hess(w), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(jacobian(f.grad)(w), f.hess(w), rtol=1e-9, atol=1e-9)
        one = np.ones_like(w)[()]
        np.testing.assert_allclose(jvp(f.grad, (w,), (one,))[1], np.dot(f.hess(w), one), rtol=1e-9, atol=1e-9)
        third = grad(
            lambda w: np.sum(f.hess(w) * np.cos(np.arange(np.size(f.hess(w)))).reshape(np.shape(f.hess(w))))
        )
        assert np.shape(third(w)) == np.shape(w)


@pytest.mark.parametrize("name", [name for name, f in FUNCTIONS.items() if f.dim == 1])
def test_losses_of_one_dimension_are_elementwise(name):
    f = FUNCTIONS[name]
    x = np.array([[0.3, -1.7], [2.2, 0.9]])
    np.testing.assert_allclose(grad(lambda x: np.sum(f(x)))(x), f.grad(x), rtol=1e-10, atol=1e-12)


def trained(rule, w, steps=3, slope=1.0, **hyper):
    """A number that three steps of a rule lead to, of a loss that has curvature everywhere."""
    state = ()
    for _ in range(steps):
        g = slope * (w * w * w + 0.3 * w)
        w, after = rule(w, g, *state, **hyper)
        state = (after,)
    return numeric.total(w * w)


def cases():
    return [
        pytest.param(rule, start, id=f"{name}-{kind}")
        for name, rule in RULES.items()
        for kind, start in STARTS.items()
        if kind == "matrix" or name not in MATRIX_RULES
    ]


@pytest.mark.parametrize(("rule", "start"), cases())
def test_three_steps_of_each_rule_by_the_rate(rule, start):
    f = lambda lr: trained(rule, start, lr=lr)  # noqa: E731
    value, slope = value_and_grad(f)(0.05)
    assert value == pytest.approx(f(0.05), rel=1e-12)
    assert slope == pytest.approx(difference(f, 0.05), rel=1e-6, abs=1e-7)
    assert jvp(f, (0.05,), (1.0,))[1] == pytest.approx(slope, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("rule", "start"), cases())
def test_three_steps_of_each_rule_by_the_start(rule, start):
    f = lambda w: trained(rule, w, lr=0.05, **SETTINGS.get(rule.__name__, {}))  # noqa: E731
    g = grad(f)(start)
    assert np.shape(g) == np.shape(start)
    direction = np.cos(np.arange(np.size(start))).reshape(np.shape(start))[()]
    along = difference(lambda t: f(start + t * direction), 0.0)
    assert np.sum(g * direction) == pytest.approx(along, rel=1e-5, abs=1e-6)


# Numbers of a rule that are no switches; where it steps or counts by them they have no derivative.
def hyperparameters(rule):
    return [
        (name, p.default)
        for name, p in list(inspect.signature(rule).parameters.items())[3:]
        if isinstance(p.default, float) and name != "lr" and 0 < p.default < 1
    ]


@pytest.mark.parametrize("name", RULES)
def test_three_steps_of_each_rule_by_its_other_numbers(name):
    rule = RULES[name]
    start = STARTS["matrix" if name in MATRIX_RULES else "vector"]
    for hyper, value in hyperparameters(rule):
        if value < 1e-4:
            continue  # differences by it would be rounding
        f = lambda x, hyper=hyper: trained(rule, start, lr=0.05, **SETTINGS.get(name, {}) | {hyper: x})  # noqa: E731
        try:
            found = grad(f)(value)
        except (TypeError, ValueError) as error:
            refusal = str(error)
        else:
            refusal = ""
            expected = difference(f, value)
            assert found == pytest.approx(expected, rel=1e-4, abs=1e-7), hyper
        assert not refusal or hyper in refusal or "traced" in refusal


def test_descent_on_the_rate_of_adam_goes_down():
    f = FUNCTIONS["wavy"]

    def end(lr):
        w, state = 2.9, (0.0, 0.0, 0)
        for _ in range(3):
            w, state = RULES["adam"](w, f.grad(w), state, lr=lr)
        return f(w)

    lr, losses = 0.05, []
    for _ in range(10):
        loss, slope = value_and_grad(end)(lr)
        losses.append(loss)
        lr -= 0.01 * slope
    assert losses == sorted(losses, reverse=True)


NUMERIC = {
    name: f
    for name, f in vars(numeric).items()
    if callable(f) and not name.startswith("_") and getattr(f, "__module__", "") == "gdbook.numeric"
}


@pytest.mark.parametrize("name", NUMERIC)
def test_the_functions_that_work_alike_on_floats_and_arrays_know_traced_values(name):
    f = NUMERIC[name]
    x = np.array([0.4, 1.7, 0.9])
    many = name in ("maximum", "minimum", "vector")

    def whole(x):
        y = f(x, np.array([0.5, 0.5, 2.0])) if many else f(x)
        return np.sum(y * np.cos(1.0 + np.arange(np.size(y))).reshape(np.shape(y)))

    expected = [difference(lambda t, e=e: whole(x + t * e), 0.0) for e in np.eye(3)]
    np.testing.assert_allclose(grad(whole)(x), expected, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(jvp(whole, (x,), (np.ones(3),))[1], np.sum(expected), rtol=1e-6, atol=1e-8)
    one = (lambda t: f(t, 0.5)) if name in ("maximum", "minimum") else (lambda t: f(t, 2.0)[0]) if many else f
    assert grad(one)(1.7) == pytest.approx(difference(one, 1.7), abs=1e-8)
    if name in ("maximum", "minimum"):
        assert grad(lambda t: f(0.5, t))(1.7) == pytest.approx(difference(lambda t: f(0.5, t), 1.7), abs=1e-8)


HELPERS = {
    "clip_by_value": lambda g: gradients.clip_by_value(g, 0.7),
    "clip_by_norm": lambda g: gradients.clip_by_norm(g, 0.7),
    "clip_by_norm, short": lambda g: gradients.clip_by_norm(g, 70.0),
    "clip_by_norm, eps": lambda g: gradients.clip_by_norm(g, 0.7, eps=0.0),
    "clip_by_norm, norm": lambda g: gradients.clip_by_norm(g, 0.7, gradients.global_norm(g, 2 * g)),
    "global_norm": lambda g: gradients.global_norm(g, g * g),
    "coupled_weight_decay": lambda g: gradients.coupled_weight_decay(g, g * g, 0.1),
    "decoupled_weight_decay": lambda g: gradients.decoupled_weight_decay(g, 0.1, 0.3),
}


def test_every_helper_is_tried():
    public = {
        name
        for name, f in vars(gradients).items()
        if inspect.isfunction(f) and f.__module__ == gradients.__name__ and not name.startswith("_")
    }
    assert public == {name.partition(",")[0] for name in HELPERS}


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
@pytest.mark.parametrize("name", HELPERS)
def test_what_is_done_to_gradients_has_derivatives(name, start):
    f = lambda g: numeric.total(HELPERS[name](g) * (1.5 + g))  # noqa: E731
    direction = np.cos(np.arange(np.size(start))).reshape(np.shape(start))[()]
    along = difference(lambda t: f(start + t * direction), 0.0)
    assert np.sum(grad(f)(start) * direction) == pytest.approx(along, rel=1e-7, abs=1e-8)
    assert jvp(f, (start,), (direction,))[1] == pytest.approx(along, rel=1e-7, abs=1e-8)


def test_clipping_by_the_norm_is_the_derivative_of_the_formula():
    """g·c/‖g‖: its Jacobian is (c/‖g‖)(I − ggᵀ/‖g‖²)."""
    g, c = np.array([3.0, 4.0]), 2.0
    J = jacobian(lambda g: gradients.clip_by_norm(g, c, eps=0.0))(g)
    np.testing.assert_allclose(J, c / 5 * (np.eye(2) - np.outer(g, g) / 25), rtol=1e-14)


@pytest.mark.parametrize(
    "f",
    [
        lambda c: gradients.clip_by_norm(np.array([3.0, 4.0]), c),
        lambda c: gradients.clip_by_value(np.array([3.0, 4.0]), c),
        lambda c: gradients.coupled_weight_decay(np.ones(2), np.ones(2), c),
        lambda c: gradients.decoupled_weight_decay(np.ones(2), c, 0.1),
    ],
)
def test_numbers_that_are_checked_are_differentiated_or_refused(f):
    whole = lambda c: numeric.total(f(c))  # noqa: E731
    try:
        found = grad(whole)(0.5)
    except TypeError as error:
        assert "traced" in str(error)  # noqa: PT017 either is right
    else:
        assert found == pytest.approx(difference(whole, 0.5), rel=1e-7)


def test_wavy_and_log_cosh_by_their_closed_forms():
    assert grad(FUNCTIONS["wavy"])(0.7) == pytest.approx(0.7 / 4 + 1.2 * math.sin(2.1), rel=1e-14)
    assert grad(FUNCTIONS["log_cosh"])(0.7) == pytest.approx(math.tanh(0.7), rel=1e-14)
