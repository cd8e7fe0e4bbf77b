"""Every kind of number and of array that a rule may be given: its range is checked, its precision kept."""

import functools
import inspect
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from gdbook.descent import descend
from gdbook.recorded.rules import gradient, start
from gdbook.rules import RULES, adam, lion, momentum, sgd
from gdbook.rules.checked import RANGES, SWITCHES
from gdbook.rules.matrix import MATRICES

each_rule = pytest.mark.parametrize("name", RULES)
NUMBERS = (
    *(int, np.float64, np.float32, np.float16, np.longdouble, np.int64, np.int8),
    *(Fraction, Decimal, lambda x: np.array(float(x)), lambda x: np.array(x, ">f8")),
)
OUTSIDE = {name: -1 for name in RANGES} | {"beta2_decay": 1}
NOT_NUMBERS = [
    True,
    np.True_,
    None,
    "0.5",
    0.5j,
    np.complex128(0.5),
    [0.5],
    np.array(0.5, object),
    np.ma.masked,
]


def problem(name):
    w = start((3, 2)) if name in MATRICES else start((5,))
    return w, gradient(w, 0)


def hyper_of(name):
    return [p for p in inspect.signature(RULES[name]).parameters if p in RANGES]


@each_rule
@pytest.mark.parametrize("kind", NUMBERS, ids=range(len(NUMBERS)))
def test_any_kind_of_number_outside_its_range_is_refused(name, kind):
    w, g = problem(name)
    for hyper in hyper_of(name):
        value = kind(OUTSIDE[hyper])
        with pytest.raises(ValueError, match=f"^{hyper} must") as caught:
            RULES[name](w, g, **{hyper: value})
        assert repr(value) in str(caught.value)


@each_rule
@pytest.mark.parametrize("value", NOT_NUMBERS, ids=repr)
def test_what_is_no_number_is_refused(name, value):
    w, g = problem(name)
    for hyper in hyper_of(name):
        with pytest.raises(TypeError, match=f"^{hyper} must"):
            RULES[name](w, g, **{hyper: value})


@each_rule
def test_switches_are_true_or_false(name):
    w, g = problem(name)
    for hyper in inspect.signature(RULES[name]).parameters:
        if hyper in SWITCHES:
            RULES[name](w, g, **{hyper: np.True_})
            with pytest.raises(TypeError, match=f"{hyper} must be True or False, got 0.5"):
                RULES[name](w, g, **{hyper: 0.5})


@each_rule
@pytest.mark.parametrize(
    "kind", [np.float64, np.float32, np.longdouble, Fraction, Decimal, np.array], ids=repr
)
def test_a_number_of_another_kind_takes_the_same_step_in_the_precision_of_the_parameters(name, kind):
    w, g = (x.astype(np.float32) for x in problem(name))
    given = {
        hyper: 0.5 for hyper in hyper_of(name) if RANGES[hyper].__name__ not in ("_count", "_at_least_one")
    }
    given["beta2_decay"] = -0.5
    given = {hyper: value for hyper, value in given.items() if hyper in hyper_of(name)}
    expected, state = RULES[name](w, g, **given)
    expected, _ = RULES[name](expected, g, state, **given)
    other = {hyper: kind(value) for hyper, value in given.items()}
    found, state = RULES[name](w, g, **other)
    found, _ = RULES[name](found, g, state, **other)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "lr", [np.float64(-0.1), np.float32(-0.1), np.array(-0.1), Fraction(-1, 10)], ids=repr
)
def test_a_negative_rate_does_not_climb(lr):
    with pytest.raises(ValueError, match="lr must not be negative"):
        sgd(1.0, 1.0, lr=lr)
    with pytest.raises(ValueError, match="lr must not be negative"):
        descend(lambda w: w, 1.0, lr=lr)


def test_fractions_stay_exact_and_floats_stay_floats():
    assert sgd(Fraction(1), Fraction(1), lr=Fraction(1, 3))[0] == Fraction(2, 3)
    for lr in (np.float64(0.5), np.float32(0.5), np.array(0.5), Decimal("0.5")):
        assert type(sgd(1.0, 1.0, lr=lr)[0]) is float


@pytest.mark.parametrize(
    ("lr", "message"),
    [
        (np.array([0.1, -0.1]), "lr must not be negative, got"),
        (np.array([0.1, np.nan]), "lr must be a finite number, got"),
        (np.array([[0.1], [0.2]]), r"lr must be a number or fit the shape of w, \(2,\), got shape \(2, 1\)"),
        (np.array([0.1, 0.1, 0.1]), r"lr must be a number or fit the shape of w, \(2,\), got shape \(3,\)"),
        (np.array([1j, 0]), "lr must hold real numbers, got complex128"),
        (np.ma.array([0.1, 0.1], mask=[0, 1]), "lr must be a plain array, got a numpy.ma.MaskedArray"),
    ],
    ids=repr,
)
def test_arrays_of_rates_are_checked_too(lr, message):
    with pytest.raises((ValueError, TypeError), match=message):
        sgd(np.ones(2), np.ones(2), lr=lr)


ODD = {
    "w": [
        (
            np.array([[1.0, 2.0]]).view(np.matrix),
            r"w must be a plain array, got a numpy\.matrix: numpy\.asarray",
        ),
        (np.ma.array([1.0, 2.0], mask=[0, 1]), r"w must be a plain array, got a numpy\.ma\.MaskedArray"),
        (np.array([1, 2], object), "w must hold floating-point numbers, got object"),
        (np.array([1j, 2]), "w must hold floating-point numbers, got complex128"),
        ("1", "w must be a float or an array, got '1'"),
        (None, "w must be a float or an array, got None"),
        (1j, "w must be a float or an array, got 1j"),
        (True, "w must be a float or an array, got True"),
        (Decimal(1), "w must be a float or an array"),
    ],
    "g": [
        (np.array([[1.0, 2.0]]).view(np.matrix), r"g must be a plain array, got a numpy\.matrix"),
        (np.ma.array([1.0, 2.0], mask=[0, 1]), "g must be a plain array, got a numpy.ma.MaskedArray"),
        (np.array([1j, 2]), "g must hold real numbers, got complex128"),
        (np.array([1, 2], object), "g must hold real numbers, got object"),
        (1j, "g must be a float or an array, got 1j"),
        (None, "g must be a float or an array, got None"),
    ],
}


@each_rule
@pytest.mark.parametrize("argument", ODD)
def test_what_is_no_plain_array_of_real_numbers_is_refused(name, argument):
    for value, message in ODD[argument]:
        other = np.ones(np.shape(value)) if hasattr(value, "shape") else 1.0
        both = {"w": other, "g": other} | {argument: value}
        with pytest.raises(TypeError, match=message):
            RULES[name](**both)


@each_rule
def test_big_endian_arrays_take_the_same_steps(name):
    w, g = problem(name)
    expected, state = RULES[name](w, g)
    expected, _ = RULES[name](expected, g, state)
    found, state = RULES[name](w.astype(">f8"), g.astype(">f8"))
    found, _ = RULES[name](found.astype(">f8"), g.astype(">f8"), state)
    np.testing.assert_array_equal(found, expected)
    run = descend(lambda w: w, w.astype(">f8"), RULES[name], steps=3, lr=0.1)
    np.testing.assert_array_equal(run.w, descend(lambda w: w, w, RULES[name], steps=3, lr=0.1).w)


@each_rule
@pytest.mark.parametrize("size", [0.0, 1e-4])  # whose square is 0 in half precision
def test_in_half_precision_the_step_is_that_of_single_precision_rounded(name, size):
    w, g = (x.astype(np.float16) for x in problem(name))
    g = (size * g).astype(np.float16)
    state, single, kept = (), (), None
    for _ in range(3):
        expected, *single = RULES[name](w.astype(np.float32), g.astype(np.float32), *single, lr=0.1)
        kept, *state = RULES[name](w, g, *state, lr=0.1)
        assert kept.dtype == np.float16
        assert np.all(np.isfinite(kept))
        np.testing.assert_array_equal(kept, expected.astype(np.float16))
        w = kept
    run = descend(lambda w: 0 * w, problem(name)[0].astype(np.float16), RULES[name], steps=3)
    assert run.diverged_at is None
    assert run.w.dtype == np.float16


@each_rule
def test_an_eps_that_is_zero_in_the_precision_of_the_parameters_is_refused(name):
    w, g = (x.astype(np.float32) for x in problem(name))
    if "eps" in hyper_of(name):
        with pytest.raises(ValueError, match=r"eps must be above 0 in float32, got 1e-60"):
            RULES[name](w, 0 * g, eps=1e-60)


@each_rule
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_gradient_that_is_not_finite_makes_the_parameters_so(name, bad):
    w, g = problem(name)
    g.flat[1] = bad
    cure = "a rule whose step is bounded stands in BOUNDED of gdbook/rules/checked.py"
    with np.errstate(all="ignore"):
        after, state = RULES[name](w, g)
        assert not np.isfinite(after.flat[1]), cure
        after, _ = RULES[name](after, g, state)
        assert not np.isfinite(after.flat[1])
    if name not in MATRICES:
        assert not math.isfinite(RULES[name](1.0, float(bad))[0])


@each_rule
@pytest.mark.parametrize(
    "state",
    [5, "state", (1,), (0.0,) * 9, np.ones(7), (np.ones(7), np.ones(7), 1), {}],
    ids=["number", "text", "one", "nine", "array", "arrays", "dict"],
)
def test_a_state_of_another_rule_is_refused(name, state):
    w, g = problem(name)
    first = list(inspect.signature(RULES[name]).parameters.values())[2].default
    if first is None or (isinstance(state, int) and isinstance(first, float)):
        return  # it has none, or one number
    with pytest.raises(TypeError, match=f"state must be what {name} returned for such a w, got "):
        RULES[name](w, g, state)


@each_rule
@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 3), (2, 0, 3)])
def test_an_empty_array_stays_empty(name, shape):
    empty = np.empty(shape)
    w, state = RULES[name](empty, empty)
    w, _ = RULES[name](w, empty, state)
    assert w.shape == shape


def test_the_decorator_of_a_reader_is_part_of_the_rule():
    seen = []

    @functools.wraps(momentum)
    def clipped(w, g, *state, **hyper):
        seen.append(g)
        return momentum(w, np.clip(g, -1, 1), *state, **hyper)

    run = descend(lambda w: 100 * w, np.ones(2), clipped, steps=5, lr=0.1, momentum=0.5)
    assert len(seen) == 5
    assert np.all(np.abs(np.diff(run.w, axis=0)) <= 0.2 + 1e-12)  # the velocity is below 1/(1 − ½)


def test_a_partial_rule_is_a_rule():
    quick = functools.partial(adam, beta1=0.5)
    found = descend(lambda w: w, 1.0, quick, steps=3)
    assert found.w.tolist() == descend(lambda w: w, 1.0, adam, steps=3, beta1=0.5).w.tolist()
    with pytest.raises(TypeError, match="adam takes no hyperparameter 'speed'"):
        descend(lambda w: w, 1.0, quick, steps=3, speed=1)


def test_lion_on_infinity_is_not_finite_in_its_own_coordinate_alone():
    with np.errstate(invalid="ignore"):
        w, _ = lion(np.ones(3), np.array([np.inf, 1.0, np.nan]))
    assert np.isfinite(w).tolist() == [False, True, False]
