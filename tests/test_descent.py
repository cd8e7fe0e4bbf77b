"""The loop and its record: what a run is, and what theory says of where it goes."""

import contextlib
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.descent import descend, hyperparameters, outcome
from gdbook.functions import FUNCTIONS, double_well, huber, parabola, quadratic, shifted_parabola
from gdbook.rules import RULES, momentum, sgd
from gdbook.rules.matrix import MATRICES

each_function = pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)
ANY_SHAPE = {name: rule for name, rule in RULES.items() if name not in MATRICES}
each_rule = pytest.mark.parametrize("rule", ANY_SHAPE.values(), ids=ANY_SHAPE)


@contextlib.contextmanager
def refused(kind, *words):
    """An error of this kind whose message holds each of the words."""
    with pytest.raises(kind) as caught:
        yield
    for word in words:
        assert word in str(caught.value)


def linear(t):
    return t


def test_shifted_parabola_follows_its_closed_form():
    """(θ − 3)² from 0 at η = 0.1: the distance to 3 shrinks by 0.8 a step."""
    trace = descend(shifted_parabola.grad, 0.0, steps=50, lr=0.1)
    t = np.arange(51)
    np.testing.assert_allclose(trace.w, 3 * (1 - 0.8**t), rtol=0, atol=1e-14)  # 50 roundings near 3
    assert trace.w[50] == pytest.approx(2.9999571826, abs=5e-11)  # ten digits printed


@pytest.mark.parametrize("side", [1, -1])
def test_double_well_ends_in_the_well_of_its_side(side):
    trace = descend(double_well.grad, side * 2.6, steps=200, lr=0.1)
    assert trace.w[-1] == pytest.approx(
        side * math.sqrt(2), abs=1e-14
    )  # an attracting point: no error piles up


@given(st.floats(0.01, 1.99))
def test_half_square_converges_below_the_limit_two(lr):
    """x²/2 has curvature 1: the factor of a step is 1 − η."""
    trace = descend(linear, 1.0, steps=30, lr=lr)
    np.testing.assert_allclose(trace.w, (1 - lr) ** np.arange(31), rtol=0, atol=1e-14)
    assert abs(trace.w[-1]) < 1


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
@pytest.mark.parametrize(("share", "grows"), [(0.99, False), (1.01, True)])
def test_heavy_ball_is_stable_iff_rate_times_curvature_is_below_2_plus_2_beta(beta, share, grows):
    trace = descend(linear, 1.0, momentum, steps=4000, lr=share * 2 * (1 + beta), momentum=beta)
    # 1 % off the limit moves the root off −1 by 0.02 (1+β)/(1−β) or more: 4000 steps settle it
    assert (abs(trace.w[trace.last]) > 1) == grows
    assert grows or abs(trace.w[-1]) < 1e-3


def test_a_smooth_strongly_convex_function_makes_the_heavy_ball_cycle():
    """Lessard, Recht, Packard 2016: the tuning that is best on quadratics never arrives."""

    def slope(x):
        return 25 * x if x < 1 else x + 24 if x < 2 else 25 * x - 24

    trace = descend(slope, 3.3, momentum, steps=300, lr=1 / 9, momentum=4 / 9)
    cycle = np.array([792, -2208, 2592]) / 1225
    np.testing.assert_allclose(np.sort(trace.w[-3:]), np.sort(cycle), rtol=0, atol=1e-9)
    np.testing.assert_allclose(trace.w[-3:], trace.w[-6:-3], rtol=0, atol=1e-9)


@each_rule
@each_function
def test_trace_has_the_documented_shapes(rule, f):
    trace = descend(f.grad, f.start, rule, steps=7, loss=f, lr=1e-4)
    shape = () if f.dim == 1 else (2,)
    assert trace.w.shape == (8, *shape)
    assert trace.grad.shape == (7, *shape)
    assert trace.loss.shape == (8,)
    assert (trace.diverged_at, trace.last) == (None, 7)


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (2, 1, 2)])
def test_the_start_may_have_any_shape(shape):
    trace = descend(lambda w: 2 * w, np.ones(shape), steps=4)
    assert trace.w.shape == (5, *shape)
    assert trace.grad.shape == (4, *shape)
    assert trace.loss is None


@each_rule
@each_function
def test_trace_records_what_the_steps_used(rule, f):
    trace = descend(f.grad, f.start, rule, steps=5, loss=f, lr=1e-3)
    state = ()
    for t in range(5):
        np.testing.assert_array_equal(trace.grad[t], f.grad(trace.w[t]))
        w, *state = rule(trace.w[t], trace.grad[t], *state, lr=1e-3)
        np.testing.assert_array_equal(trace.w[t + 1], w)
    # NumPy and math may round the last digit differently
    np.testing.assert_allclose(trace.loss, [f(w) for w in trace.w], rtol=1e-14, atol=1e-14)
    np.testing.assert_array_equal(trace.w[0], f.start)


@each_rule
@given(start=st.floats(-100, 100), lr=st.floats(0, 1.5))
def test_a_float_runs_bit_for_bit_as_an_array_does(rule, start, lr):
    for f in (parabola, shifted_parabola, huber):  # only + − × and squares: no library rounds for them
        alone = descend(f.grad, start, rule, steps=20, loss=f, lr=lr)
        array = descend(f.grad, np.array([start]), rule, steps=20, lr=lr)
        np.testing.assert_array_equal(alone.w, array.w[:, 0])
        np.testing.assert_array_equal(alone.grad, array.grad[:, 0])


def test_zero_steps_record_the_start():
    trace = descend(parabola.grad, 2.0, steps=0, loss=parabola)
    assert trace.w.tolist() == [2.0]
    assert trace.loss.tolist() == [4.0]
    assert trace.grad.shape == (0,)


def test_a_rate_of_zero_stays():
    assert set(descend(parabola.grad, 2.0, steps=3, lr=0).w) == {2.0}


def test_a_schedule_is_asked_once_for_each_step_from_zero():
    asked = []

    def lr(t):
        asked.append(t)
        return 0.5 / (t + 1)

    trace = descend(lambda w: 1.0, 0.0, steps=4, lr=lr)
    assert asked == [0, 1, 2, 3]
    np.testing.assert_array_equal(trace.w, -np.cumsum([0, 0.5, 0.5 / 2, 0.5 / 3, 0.5 / 4]))


@given(st.floats(0, 1))
def test_a_constant_schedule_is_a_number(lr):
    by_schedule = descend(parabola.grad, 2.0, momentum, steps=10, lr=lambda t: lr)
    np.testing.assert_array_equal(by_schedule.w, descend(parabola.grad, 2.0, momentum, steps=10, lr=lr).w)


def test_integers_start_as_floats():
    assert descend(parabola.grad, 3, steps=1).w.dtype == float
    assert descend(lambda w: w, [1, 2], steps=1).w.dtype == float


@pytest.mark.parametrize(
    "lr", [0.1, np.float64(0.1), lambda t: np.float64(0.1)], ids=["float", "NumPy", "schedule"]
)
def test_float32_stays_float32(lr):
    start = np.ones((2, 2), np.float32)
    for rule in RULES.values():
        trace = descend(lambda w: 2 * w, start, rule, steps=3, lr=lr)
        assert (trace.w.dtype, trace.grad.dtype) == (np.float32, np.float32)
    assert descend(huber.grad, np.float32(3), steps=3, loss=huber).w.dtype == np.float32


def test_the_start_is_not_changed():
    start = np.array([1.0, 2.0])
    descend(lambda w: 2 * w, start, steps=5)
    np.testing.assert_array_equal(start, [1.0, 2.0])


@pytest.mark.parametrize("start", [2.0, np.array([2.0])], ids=["float", "array"])
def test_divergence_is_recorded_at_its_first_step(start):
    """x² at η = 1.5: a step doubles and turns w, so w² = 4ᵗ⁺¹ passes the largest float, 2^1024, at 511."""

    def loss(w):
        return float(np.sum(w * w))

    trace = descend(parabola.grad, start, steps=600, loss=loss, lr=1.5)
    assert (trace.diverged_at, trace.last) == (511, 510)
    assert abs(trace.w[510].item()) == 2.0**511
    assert np.all(np.isfinite(trace.w[:511]))
    assert np.all(np.isnan(trace.w[511:]))
    assert np.all(np.isnan(trace.loss[511:]))
    assert np.all(np.isnan(trace.grad[511:]))
    assert outcome(trace) == "diverged"


def test_a_power_that_overflows_is_divergence_and_no_error():
    """Python's float ** raises where NumPy gives infinity; both are step 5 here."""
    alone = descend(double_well.grad, 10.0, steps=20, loss=double_well, lr=0.3)
    array = descend(double_well.grad, np.array(10.0), steps=20, loss=double_well, lr=0.3)
    assert alone.diverged_at == array.diverged_at == 5


def test_a_gradient_that_is_not_finite_ends_the_run():
    trace = descend(lambda w: math.nan if w < 0.5 else 1.0, 1.0, steps=9, lr=0.3)
    assert trace.diverged_at == 2
    np.testing.assert_allclose(trace.w[:2], [1.0, 0.7], rtol=1e-15)


def test_repr_says_how_it_ended():
    assert repr(descend(parabola.grad, 1.0, steps=3)) == "<Trace: 3 steps>"
    with_loss = repr(descend(parabola.grad, 1.0, steps=3, loss=parabola))
    assert with_loss == "<Trace: 3 steps, loss 1 → 0.2621>"  # 0.8⁶
    assert repr(descend(parabola.grad, 2.0, steps=600, loss=parabola, lr=1.5)).startswith(
        "<Trace: diverged at step 511 of 600, loss 4 → "
    )


@pytest.mark.parametrize(
    ("lr", "start", "word"),
    [(0.1, 1.0, "converged"), (0.001, 1.0, "descending"), (1.01, 1.0, "grew"), (1e9, 1.0, "diverged")],
)
def test_outcome_in_a_word(lr, start, word):
    trace = descend(parabola.grad, start, steps=100, loss=parabola, lr=lr)
    assert outcome(trace, minimum=0.0) == outcome(trace) == word


def test_converged_is_to_the_minimum_that_is_named():
    f = quadratic(2)
    trace = descend(f.grad, f.start, steps=200, loss=f, lr=0.5)
    assert outcome(trace, (0.0, 0.0)) == "converged"
    assert outcome(trace, (1.0, 0.0)) == "descending"
    assert outcome(trace, (1.0, 0.0), tolerance=2) == "converged"


def test_outcome_says_what_it_needs():
    with refused(ValueError, "losses", "loss="):
        outcome(descend(parabola.grad, 1.0))
    with refused(ValueError, "minimum", "0 steps"):
        outcome(descend(parabola.grad, 1.0, steps=0, loss=parabola))


def test_hyperparameters_begin_with_the_rate():
    def two_states(w, g, m=0.0, v=0.0, lr=0.1, beta1=0.9):
        return w - lr * g, m, v

    assert hyperparameters(sgd) == {"lr": 1e-3}
    assert hyperparameters(momentum) == {"lr": 1e-3, "momentum": 0.9}
    assert hyperparameters(two_states) == {"lr": 0.1, "beta1": 0.9}
    assert hyperparameters(lambda w, g, **hyper: (w,)) is None
    with refused(TypeError, "two_states", "'m'", "3.0", "lr, beta1"):
        descend(parabola.grad, 1.0, two_states, m=3.0)


@pytest.mark.parametrize("steps", [1.5, "10", None, True, np.array([3])], ids=repr)
def test_steps_are_whole(steps):
    with refused(TypeError, "steps", "whole", repr(steps)):
        descend(parabola.grad, 1.0, steps=steps)


def test_steps_are_not_negative():
    with refused(ValueError, "steps", "-1", "0"):
        descend(parabola.grad, 1.0, steps=-1)


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (math.nan, ValueError),
        (math.inf, ValueError),
        (10**400, ValueError),
        ([1.0, math.nan], ValueError),
        ([], ValueError),
        ([[1.0], [1.0, 2.0]], ValueError),
        ("1", TypeError),
        (None, TypeError),
        (True, TypeError),
        (1j, TypeError),
        ([1j], TypeError),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_the_start_is_finite_real_numbers(start, kind):
    with refused(kind, "w0", "shape (0,)" if start == [] else repr(start)):
        descend(parabola.grad, start)


def test_the_start_has_a_finite_loss_and_gradient():
    with refused(ValueError, "w0", "1e+200", "inf"):
        descend(double_well.grad, 1e200, loss=double_well)


@pytest.mark.parametrize("lr", [math.nan, math.inf, -0.1])
def test_rates_are_finite_and_not_negative(lr):
    with refused(ValueError, "lr must", repr(lr)):
        descend(parabola.grad, 1.0, lr=lr)
    with refused(ValueError, "lr(2) must", repr(lr)):
        descend(parabola.grad, 1.0, lr=lambda t: lr if t == 2 else 0.1)


@pytest.mark.parametrize("lr", ["0.1", None, True, [0.1], np.array([0.1])], ids=repr)
def test_rates_are_numbers(lr):
    with refused(TypeError, "lr", repr(lr)):
        descend(parabola.grad, 1.0, lr=lr)


def test_functions_are_functions():
    with refused(TypeError, "grad must", "3"):
        descend(3, 1.0)
    with refused(TypeError, "rule must", "'sgd'"):
        descend(parabola.grad, 1.0, rule="sgd")
    with refused(TypeError, "loss must", "0.5"):
        descend(parabola.grad, 1.0, loss=0.5)


def test_an_unknown_hyperparameter_is_named_with_those_there_are():
    with refused(TypeError, "sgd", "'momentum'", "0.9", "lr"):
        descend(parabola.grad, 1.0, momentum=0.9)
    with refused(ValueError, "momentum", "nan"):
        descend(parabola.grad, 1.0, momentum, momentum=math.nan)


@pytest.mark.parametrize("value", [None, "0", 1j])
def test_gradients_are_real_numbers(value):
    with refused(TypeError, "grad must return", repr(value), "step 0"):
        descend(lambda w: value, 1.0)


def test_gradients_have_the_shape_of_the_parameters():
    with refused(ValueError, "grad must return", "(2,)", "(3,)", "step 0"):
        descend(lambda w: np.zeros(3), [1.0, 2.0])


@pytest.mark.parametrize("value", [None, "0", np.zeros(2), 1j], ids=repr)
def test_losses_are_one_real_number(value):
    with refused(TypeError, "loss must return", repr(value), "step 0"):
        descend(parabola.grad, 1.0, loss=lambda w: value)


def wandering(shape):
    """A gradient, and the path that the plain loop takes with it."""
    a = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
    w = path = np.ones(shape)
    path = [w]
    for _ in range(5):
        w = w - 0.05 * a * w
        path.append(w)
    return a, np.array(path)


def test_a_gradient_that_reuses_its_memory_is_recorded_as_it_was():
    a, path = wandering((3,))
    buffer = np.empty(3)
    run = descend(lambda w: np.multiply(a, w, out=buffer), np.ones(3), steps=5, lr=0.05)
    np.testing.assert_array_equal(run.w, path)
    np.testing.assert_array_equal(run.grad, a * path[:-1])


def test_a_rule_that_writes_into_what_it_is_given_is_recorded_as_it_was():
    def in_place(w, g, state=None, lr=0.1):
        g *= lr
        w -= g
        return w, state

    a, path = wandering((3,))
    start = np.ones(3)
    run = descend(lambda w: a * w, start, in_place, steps=5, lr=0.05)
    np.testing.assert_allclose(run.w, path, rtol=1e-15)
    np.testing.assert_allclose(run.grad, a * path[:-1], rtol=1e-15)
    np.testing.assert_array_equal(start, 1)


@pytest.mark.parametrize("shape", [(), (3,)])
def test_a_loss_and_a_gradient_that_overwrite_their_argument_overwrite_their_own_copy(shape):
    a, path = wandering(shape)

    def loss(w):
        w *= w
        return float(np.sum(w))

    def grad(w):
        w *= a
        return w

    run = descend(grad, np.ones(shape), steps=5, loss=loss, lr=0.05)
    np.testing.assert_array_equal(run.w, path)
    np.testing.assert_array_equal(run.grad, a * path[:-1])
    np.testing.assert_allclose(run.loss, [np.sum(w * w) for w in path], rtol=1e-15)


def test_a_record_takes_the_precision_that_the_run_comes_to():
    run = descend(lambda w: np.float64(0.1) + np.zeros(2), np.ones(2, np.float32), steps=2, lr=0.1)
    assert run.w.dtype == np.float64
    assert run.w[2].tolist() == [1 - 0.1 * 0.1 - 0.1 * 0.1] * 2


@pytest.mark.parametrize("f", [f for f in FUNCTIONS.values() if f.dim == 1], ids=repr)
@pytest.mark.parametrize("lr", [10.0, 1e3, 1e300])
def test_divergence_is_a_result_and_no_error(f, lr):
    run = descend(f.grad, 5.0, steps=4000, loss=f, lr=lr)
    array = descend(f.grad, np.array(5.0), steps=4000, loss=f, lr=lr)
    assert run.diverged_at == array.diverged_at


def test_functions_of_the_math_module_that_raise_far_out_are_divergence():
    for grad in (
        lambda w: w + math.sin(1e308 * w),
        lambda w: math.exp(w),
        lambda w: 1 / w if w < 9 else 0 / 0,
    ):
        run = descend(lambda w, grad=grad: -grad(w), 1.0, steps=4000, lr=1.0)
        assert run.diverged_at is not None


def test_an_error_of_the_readers_own_is_no_divergence():
    with pytest.raises(ValueError, match="my own"):
        descend(lambda w: int("my own"), 1.0)


def test_a_flat_run_did_not_descend():
    assert outcome(descend(parabola.grad, 1.0, steps=3, loss=parabola, lr=0.0), minimum=0.0) == "unchanged"
    assert outcome(descend(parabola.grad, 1.0, steps=0, loss=parabola), minimum=0.0) == "unchanged"
    assert outcome(descend(parabola.grad, 0.0, steps=3, loss=parabola), minimum=0.0) == "converged"
    assert outcome(descend(parabola.grad, 1.0, steps=1, loss=parabola, lr=1.0)) == "unchanged"  # from 1 to −1


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (lambda w: w, TypeError),
        (lambda w: None, TypeError),
        (lambda w: (), TypeError),
        (lambda w: (None, 0), TypeError),
        (lambda w: (1j * w, 0), TypeError),
        (lambda w: (w[:1], 0), ValueError),
        (lambda w: (w[:, None] + w, 0), ValueError),
    ],
)
def test_what_is_no_rule_is_named(bad, kind):
    with refused(kind, "rule must return", "step 0"):
        descend(lambda w: w, np.ones(2), lambda w, g, *state, lr: bad(w), steps=3)


def test_masked_arrays_are_refused_as_their_mask_would_be_lost():
    masked = np.ma.array([1.0, 2.0], mask=[0, 1])
    with refused(TypeError, "w0 must be a plain array", "filled"):
        descend(lambda w: w, masked)
    with refused(TypeError, "what grad returns must be a plain array"):
        descend(lambda w: masked, np.ones(2))


def test_steps_beyond_memory_are_named():
    with refused(ValueError, "steps must be so few", str(10**30)):
        descend(lambda w: w, np.ones(2), steps=10**30)


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        ({"trace": 5}, TypeError, "trace must be"),
        ({"minimum": [0.0, 0.0, 0.0]}, ValueError, "minimum must be finite and of shape (2,)"),
        ({"minimum": math.nan}, ValueError, "minimum must be a finite number"),
        ({"minimum": "0"}, TypeError, "minimum must hold real numbers"),
        ({"tolerance": -1}, ValueError, "tolerance must not be negative, got -1"),
        ({"tolerance": None}, TypeError, "tolerance must be"),
    ],
)
def test_outcome_names_what_it_cannot_use(given, kind, message):
    run = descend(lambda w: w, np.ones(2), steps=2, loss=lambda w: w @ w)
    with refused(kind, message):
        outcome(**{"trace": run} | given)
