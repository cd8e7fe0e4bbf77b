"""The rules in place take the steps of the plain ones, and refuse what they cannot change."""

import copy
import json
import pickle
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from gdbook import in_place, rules
from gdbook.in_place import BLOCK_BYTES, SGD, Adam, AdamW, Momentum

STEPS = 200
RECORDED = Path(__file__).parents[1] / "benchmarks" / "rules.json"
PAIRS = [
    (SGD, rules.sgd, {"lr": 0.1}),
    (Momentum, rules.momentum, {"lr": 0.05, "momentum": 0.8}),
    (Adam, rules.adam, {"lr": 0.01, "beta1": 0.8, "beta2": 0.99, "eps": 1e-3}),
    (AdamW, rules.adamw, {"lr": 0.01, "beta2": 0.9, "weight_decay": 0.3}),
]
EXACT = (SGD, Momentum)
DTYPES = (np.float64, np.float32)
# One block, two and a bit of the smaller dtype, no number, one, no axis, three axes.
SHAPES = [(7,), (0,), (1,), (), (3, 1, 5), (2 * BLOCK_BYTES // 4 + 3,), (613, 1031)]


def both(kind, plain, hyper, shape, dtype, steps, scale=1.0):
    """``(in place, w in place, w of the plain rule, its state)`` after the same gradients."""
    rng = np.random.default_rng(3)
    w = rng.standard_normal(shape).astype(dtype)[...]
    ours = w.copy()
    rule = kind(ours, **hyper)
    remembered = ()
    for _ in range(steps):
        g = np.asarray(scale * rng.standard_normal(shape), dtype)
        rule.step(g)
        w, state = plain(w, g, *remembered, **hyper)
        remembered = (state,)
    return rule, ours, w, state


def assert_same(kind, ours, w, dtype, steps):
    if kind in EXACT:
        np.testing.assert_array_equal(ours, w)
    else:
        # A step is rounded in another way, by a few units in its own last place, and w after each:
        # where w is small beside what it was, an error of the old size stays.
        error = 4 * np.sqrt(steps) * np.finfo(dtype).eps
        np.testing.assert_allclose(ours, w, rtol=error, atol=error)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(("kind", "plain", "hyper"), PAIRS)
def test_steps_are_those_of_the_plain_rule(kind, plain, hyper, shape, dtype):
    steps = STEPS if np.prod(shape) < 1000 else 5
    _, ours, w, _ = both(kind, plain, hyper, shape, dtype, steps)
    assert ours.dtype == dtype
    assert_same(kind, ours, np.asarray(w), dtype, steps)


@pytest.mark.parametrize(("kind", "plain", "hyper"), PAIRS)
def test_defaults_are_those_of_the_plain_rule(kind, plain, hyper):
    _, ours, w, _ = both(kind, plain, {}, (33,), np.float64, STEPS)
    assert_same(kind, ours, w, np.float64, STEPS)


@given(
    lr=st.floats(0, 10),
    beta1=st.floats(0, 0.999),
    beta2=st.floats(0, 0.9999),
    eps=st.floats(1e-12, 1),
    scale=st.floats(1e-100, 1e100),
)
@settings(deadline=None, max_examples=60)
def test_adam_agrees_at_any_hyperparameters(lr, beta1, beta2, eps, scale):
    hyper = {"lr": lr, "beta1": beta1, "beta2": beta2, "eps": eps}
    _, ours, w, _ = both(Adam, rules.adam, hyper, (5,), np.float64, 20, scale)
    # lr bounds the size of a step but for a factor, so of the errors too; 1 is the size of w.
    np.testing.assert_allclose(ours, w, rtol=0, atol=1e-14 * 20 * (1 + lr))


def test_velocity_is_the_state_of_the_plain_rule():
    rule, _, _, velocity = both(*PAIRS[1], (9,), np.float64, 7)
    np.testing.assert_array_equal(rule.velocity, velocity)


@pytest.mark.parametrize(("kind", "plain", "hyper"), PAIRS[2:])
def test_state_is_that_of_the_plain_rule(kind, plain, hyper):
    rule, _, _, (m, v, t) = both(kind, plain, hyper, (9,), np.float64, 7)
    np.testing.assert_allclose(rule.state[0], m, rtol=0, atol=1e-15)  # m sums terms of either sign
    np.testing.assert_allclose(rule.state[1], v, rtol=1e-14)
    assert rule.state[2] == t == 7


def test_adam_in_place_hands_over_to_the_plain_rule():
    rule, ours, w, state = both(*PAIRS[2], (9,), np.float64, 7)
    g = np.linspace(-1, 1, 9)
    np.testing.assert_allclose(
        rules.adam(ours, g, rule.state, **PAIRS[2][2])[0],
        rules.adam(w, g, state, **PAIRS[2][2])[0],
        rtol=1e-13,
    )


@pytest.mark.parametrize(("kind", "plain", "hyper"), PAIRS)
def test_w_stays_where_it_lies_and_g_as_it_is(kind, plain, hyper):
    w, g = np.ones(4), np.array([1.0, -2.0, 0.0, 3.0])
    rule = kind(w, **hyper)
    assert rule.step(g) is None
    assert rule.w is w
    assert w[0] != 1
    np.testing.assert_array_equal(g, [1, -2, 0, 3])


@pytest.mark.parametrize(("kind", "plain", "hyper"), PAIRS)
def test_a_gradient_may_be_w_itself(kind, plain, hyper):
    w = np.array([1.0, -2.0, 0.5])  # the gradient of half its square
    expected = plain(w, w.copy(), **hyper)[0]
    kind(w, **hyper).step(w)
    np.testing.assert_allclose(w, expected, rtol=1e-15)


@pytest.mark.parametrize("size", [12, 2 * BLOCK_BYTES // 8], ids=["one block", "two blocks"])
@pytest.mark.parametrize(("kind", "plain", "hyper"), PAIRS)
def test_a_gradient_may_lie_in_memory_in_any_way(kind, plain, hyper, size):
    w = np.zeros((size // 4, 4))
    g = np.arange(float(size)).reshape(4, size // 4).T
    expected = plain(w, g, **hyper)[0]
    kind(w, **hyper).step(g)
    np.testing.assert_allclose(w, expected, rtol=1e-15)


@pytest.mark.parametrize(("kind", "plain", "hyper"), PAIRS)
def test_a_schedule_sets_the_rate_before_each_step(kind, plain, hyper):
    w, g = np.array([1.0, 2.0]), np.array([0.5, -1.0])
    ours, remembered = w.copy(), ()
    rule = kind(ours, **hyper)
    for lr in (0.3, 0.2, 0.0):
        rule.lr = lr
        rule.step(g)
        w, state = plain(w, g, *remembered, **{**hyper, "lr": lr})
        remembered = (state,)
        np.testing.assert_allclose(ours, w, rtol=1e-15)
    assert rule.lr == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize(("kind", "plain", "hyper"), PAIRS)
@pytest.mark.filterwarnings("ignore:invalid value")  # infinity over infinity, as in the plain rules
def test_what_is_not_finite_passes_through_and_stays_in_its_place(kind, plain, hyper, bad):
    w, g = np.ones(3), np.array([1.0, bad, 1.0])
    expected = plain(w, g, **hyper)[0]
    kind(w, **hyper).step(g)
    np.testing.assert_allclose(w, expected, rtol=1e-15)
    assert not np.isfinite(w[1])
    assert np.isfinite(w[[0, 2]]).all()


def read_only():
    w = np.ones(3)
    w.flags.writeable = False
    return w


@pytest.mark.parametrize("kind", [SGD, Momentum, Adam, AdamW])
@pytest.mark.parametrize(
    ("w", "error", "words"),
    [
        (1.0, TypeError, r"w must be a NumPy array, got 1\.0"),
        ([1.0], TypeError, r"w must be a NumPy array, got \[1\.0\]"),
        (np.ones(3, int), TypeError, "w must hold floating-point numbers, got int64"),
        (np.ones(3, complex), TypeError, "got complex128"),
        (np.ones(3, np.float16), TypeError, "w must be in single precision at least, got float16"),
        (np.ma.ones(3), TypeError, r"w must be a plain array, got a numpy\.ma\.MaskedArray"),
        (read_only(), ValueError, "w must be writable"),
        (np.ones(6)[::2], ValueError, r"w must be C-contiguous, got strides \(16,\)"),
        (np.ones((2, 3)).T, ValueError, "w must be C-contiguous"),
    ],
)
def test_w_that_cannot_be_changed_is_refused(kind, w, error, words):
    with pytest.raises(error, match=words):
        kind(w)


@pytest.mark.parametrize("kind", [SGD, Momentum, Adam, AdamW])
@pytest.mark.parametrize(
    ("g", "error", "words"),
    [
        (np.ones((3, 1)), ValueError, r"g must have the shape of w, \(3,\), got shape \(3, 1\)"),
        (np.float64(1), ValueError, r"got shape \(\)"),
        (np.ones(3, np.float32), TypeError, "g must be a NumPy array of float64 as w is, got float32"),
        ([1.0, 1.0, 1.0], TypeError, r"got \[1\.0, 1\.0, 1\.0\]"),
    ],
)
def test_a_gradient_that_does_not_fit_is_refused_and_nothing_moves(kind, g, error, words):
    w = np.ones(3)
    rule = kind(w)
    with pytest.raises(error, match=words):
        rule.step(g)
    np.testing.assert_array_equal(w, 1)
    assert getattr(rule, "t", 0) == 0


@pytest.mark.parametrize(
    ("kind", "hyper", "name"),
    [
        (SGD, {"lr": -1}, "lr"),
        (SGD, {"lr": np.inf}, "lr"),
        (Momentum, {"momentum": 1}, "momentum"),
        (Adam, {"beta1": -0.1}, "beta1"),
        (Adam, {"beta2": 1.0}, "beta2"),
        (AdamW, {"eps": 0}, "eps"),
        (AdamW, {"weight_decay": -1e-2}, "weight_decay"),
    ],
)
def test_a_hyperparameter_out_of_range_is_refused(kind, hyper, name):
    with pytest.raises(ValueError, match=rf"^{name} must"):
        kind(np.ones(2), **hyper)


def test_a_rate_out_of_range_is_refused_between_steps_too():
    rule = SGD(np.ones(2), lr=0.1)
    with pytest.raises(ValueError, match=r"^lr must"):
        rule.lr = -0.1
    assert rule.lr == 0.1


def test_a_subclass_of_array_is_changed_as_the_array_that_it_is():
    w = np.ones((600, 300)).view(np.matrix)  # whose rows and products are matrices
    g = np.full((600, 300), 2.0)
    Momentum(w, lr=0.25).step(g)
    np.testing.assert_array_equal(np.asarray(w), 0.5)


@pytest.mark.parametrize(("kind", "plain", "hyper"), PAIRS)
def test_loads_and_stores_are_those_that_the_benchmark_recorded(kind, plain, hyper, monkeypatch):
    counts = {"loads": 0, "stores": 0}

    def counting(ufunc):
        def run(*inputs_and_out):
            *inputs, out = inputs_and_out
            counts["loads"] += sum(np.size(array) == 3 for array in inputs)
            counts["stores"] += np.size(out) == 3
            return ufunc(*inputs, out)

        return run

    rule = kind(np.ones(3), **hyper)
    for name in ("add", "divide", "multiply", "sqrt", "square", "subtract"):
        monkeypatch.setattr(in_place, name, counting(getattr(np, name)))
    rule.step(np.ones(3))
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))["accesses"]
    assert list(counts.values()) == recorded[plain.__name__]


@pytest.mark.parametrize("size", [3, 2**20])  # in one block, and in several
@pytest.mark.parametrize("again", [copy.deepcopy, lambda rule: pickle.loads(pickle.dumps(rule))])
@pytest.mark.parametrize(("kind", "plain", "hyper"), PAIRS)
def test_a_copy_goes_on_from_where_the_rule_was(kind, plain, hyper, again, size):
    g = np.linspace(-1, 1, size)
    rule = kind(np.ones(size), **hyper)
    rule.step(g)
    other = again(rule)
    before = rule.w.copy()
    other.step(g)
    np.testing.assert_array_equal(rule.w, before)  # its memory is its own
    rule.step(g)
    np.testing.assert_array_equal(other.w, rule.w)
    assert not np.array_equal(other.w, before)
    if kind is Momentum:
        np.testing.assert_array_equal(other.velocity, rule.velocity)
    if kind in (Adam, AdamW):
        for ours, theirs in zip(other.state, rule.state, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_parameters_and_rule_in_one_checkpoint_stay_together():
    w = np.ones(2**20)
    saved = pickle.loads(pickle.dumps({"w": w, "rule": Momentum(w, lr=0.1)}))
    saved["rule"].step(np.ones(2**20))
    np.testing.assert_array_equal(saved["w"], 1 - 0.1)
    assert saved["rule"].w is saved["w"]


def test_the_array_of_a_rule_is_not_replaced():
    rule = SGD(np.ones(3))
    with pytest.raises(AttributeError):
        rule.w = np.zeros(3)


@pytest.mark.parametrize("kind", [np.float64, np.float32, Fraction, Decimal])
def test_hyperparameters_of_any_kind_are_checked(kind):
    for name in ("lr", "beta1", "beta2", "eps", "weight_decay"):
        with pytest.raises(ValueError, match=f"^{name} must"):
            AdamW(np.ones(3), **{name: kind(-1)})
        with pytest.raises(TypeError, match=f"^{name} must"):
            AdamW(np.ones(3), **{name: True})
    assert type(SGD(np.ones(3), lr=kind(1)).lr) is not kind or kind is Fraction
    with pytest.raises(ValueError, match="eps must be above 0 in float32"):
        Adam(np.ones(3, np.float32), eps=1e-60)
