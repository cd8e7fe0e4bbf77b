"""The checks: what is accepted passes unchanged; what is not is named, with its value and the cure."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdbook.checks.numbers import (
    called,
    finite,
    function,
    known,
    listed,
    number_that,
    positive,
    rate,
    reals,
    switch,
    whole,
)


@given(st.one_of(st.integers(-(10**300), 10**300), st.floats(allow_nan=False, allow_infinity=False)))
def test_finite_numbers_pass_unchanged(value):
    assert finite("x", value) is value


@pytest.mark.parametrize("value", [np.float32(1), np.int64(1), np.array(1.0), Fraction(1, 2)], ids=repr)
def test_numbers_of_other_kinds_are_numbers(value):
    assert finite("x", value) is value


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, np.float64("nan"), 10**400], ids=lambda v: repr(v)[:9]
)
def test_what_is_not_finite_is_refused(value):
    with pytest.raises(ValueError, match="x must be a finite number, got") as caught:
        finite("x", value)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize(
    "value", ["1", None, True, [1.0], 1j, np.array([1.0]), np.array([1.0, 2.0])], ids=repr
)
def test_what_is_no_number_is_refused(value):
    with pytest.raises(TypeError, match="x must be a finite number, got") as caught:
        finite("x", value)
    assert repr(value) in str(caught.value)


@given(st.floats(0, 1e300))
def test_rates_from_zero_on_pass(value):
    assert rate("lr", value) is value


def test_a_negative_rate_is_told_why():
    with pytest.raises(ValueError, match=r"lr must not be negative, got -0\.1: .*subtracts"):
        rate("lr", -0.1)


@pytest.mark.parametrize("value", [5e-324, 1, 0.5])
def test_positive_numbers_pass_unchanged(value):
    assert positive("L", value) is value


@pytest.mark.parametrize(
    ("value", "message"), [(0, "L must be positive, got 0"), (-2.0, r"L must be positive, got -2\.0")]
)
def test_what_is_not_above_zero_is_refused(value, message):
    with pytest.raises(ValueError, match=message):
        positive("L", value)


def test_only_what_can_be_called_is_a_function():
    assert function("grad", math.sin) is math.sin
    with pytest.raises(TypeError, match=r"grad must be a function, got 2\.0"):
        function("grad", 2.0)


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3), np.array(3)], ids=repr)
def test_whole_numbers_become_ints(value):
    assert whole("n", value) == 3
    assert type(whole("n", value)) is int


@pytest.mark.parametrize("value", [3.0, "3", None, True, [3], np.array([3]), math.nan], ids=repr)
def test_what_is_not_whole_is_refused(value):
    with pytest.raises(TypeError, match="n must be a whole number such as 100, got") as caught:
        whole("n", value)
    assert repr(value) in str(caught.value)


@given(st.integers(-5, 5), st.integers(-5, 5))
def test_whole_numbers_have_a_least(value, least):
    if value >= least:
        assert whole("n", value, least) == value
    else:
        with pytest.raises(ValueError, match=f"n must be at least {least}, got {value}"):
            whole("n", value, least)


def test_known_names_are_looked_up():
    assert known("letter", "alpha", {"alpha": 1, "beta": 2}) == 1


def test_an_unknown_name_gets_the_closest_and_all():
    table = {"gamma": 3, "alpha": 1, "beta": 2}
    with pytest.raises(
        ValueError, match=r"unknown letter 'alpa': did you mean 'alpha'\? known are alpha, beta, gamma"
    ):
        known("letter", "alpa", table)
    with pytest.raises(ValueError, match="unknown letter 'xyz': known are alpha, beta, gamma"):
        known("letter", "xyz", table)


def test_a_name_of_another_type_is_unknown():
    with pytest.raises(ValueError, match="unknown letter 3: known are alpha"):
        known("letter", 3, {"alpha": 1})


def test_a_range_is_said_in_words():
    assert number_that("x", Fraction(1, 2), lambda x: x < 1, "be below 1") == 0.5
    with pytest.raises(ValueError, match="x must be below 1, got 2: take 0"):
        number_that("x", 2, lambda x: x < 1, "be below 1", ": take 0")


@pytest.mark.parametrize(
    "function", [math.sin, lambda x: x["a"], lambda x: int("a")], ids=["C", "index", "text"]
)
def test_what_a_function_of_the_callers_raises_says_which_it_was(function):
    with pytest.raises((TypeError, ValueError)) as caught:
        called("step", function, [1.0])
    assert caught.value.__notes__ == ["step raised this, called with [1.0]"]
    assert called("step", abs, -2) == 2


def test_lists_are_lists_or_arrays_with_one_axis():
    assert listed("x", (1, 2)) == listed("x", np.array([1, 2])) == [1, 2]
    for bad in (3, "12", {1: 2}, np.ones((2, 2)), np.array(1.0), np.ma.array([1, 2])):
        with pytest.raises(TypeError, match="x must be a"):
            listed("x", bad)


def test_switches_are_true_or_false():
    assert switch("x", False) is False
    for bad in (0, 1, None, "yes", np.zeros(2)):
        with pytest.raises(TypeError, match="x must be True or False, got"):
            switch("x", bad)


def test_real_numbers_and_arrays_of_them_pass():
    for value in (1, 1.5, Fraction(1, 2), np.float32(1), np.ones(2, int)):
        assert reals("x", value) is value
    for bad in (1j, True, "1", None, [1.0], np.ones(2, complex), np.array(["a"]), np.eye(2).view(np.matrix)):
        with pytest.raises(TypeError, match="x must be a"):
            reals("x", bad)
