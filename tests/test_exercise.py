"""The checks of the book's exercises: what they print of what a reader wrote."""

from functools import partial
from math import inf, nan

import numpy as np
import pytest

from gdbook.exercise import check, check_that, written


def half(x):
    return x / 2


def same(x):
    return x


def test_a_check_says_what_was_called_and_what_came_of_it(capsys):
    check(half, 3.0, gives=1.5)
    check(half, 3.0, gives=1.0)
    assert capsys.readouterr().out == ("✓ half(3.0)\n✗ half(3.0)\n  gives 1.5\n  and should give 1.0\n")


# What came, what should, and whether these are alike.
PAIRS = [
    (1.0, 1.0 + 1e-12, True),
    (1.0, 1.0 + 1e-6, False),
    (1e12, 1e12 + 1, True),
    (0.0, 1e-10, True),
    (1, 1.0, True),
    (True, 1.0, False),
    (nan, nan, True),
    (nan, 1.0, False),
    (1.0, nan, False),
    (inf, inf, True),
    (inf, -inf, False),
    ((1.0, 2.0), [1.0, 2.0], True),
    ((1.0, 2.0), (1.0, 2.0, 3.0), False),
    ((1.0, (2.0, 3.0)), (1.0, (2.0, 3.1)), False),
    (1.0, (1.0,), False),
    ((1.0,), 1.0, False),
    (None, 1.0, False),
    ("down", "down", True),
    ("down", "up", False),
]


@pytest.mark.parametrize(("got", "wanted", "alike"), PAIRS)
def test_numbers_are_alike_up_to_rounding_and_sequences_one_by_one(capsys, got, wanted, alike):
    check(same, got, gives=wanted)
    assert capsys.readouterr().out.startswith("✓ " if alike else "✗ ")


def test_how_near_is_near_can_be_said(capsys):
    check(half, 3.0, gives=1.51, within=0.01)
    check(half, 3.0, gives=1.51, within=0.001)
    lines = capsys.readouterr().out.splitlines()
    assert [line[0] for line in lines[:2]] == ["✓", "✗"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.0"),
        (1, "1"),
        (1 / 3, "0.333333"),
        (1e-9, "1e-09"),
        (-0.5, "-0.5"),
        (nan, "nan"),
        (inf, "inf"),
        ((1.0, 2), "(1.0, 2)"),
        ((1.0,), "(1.0,)"),
        ([1.0, (2.0, 3.0)], "[1.0, (2.0, 3.0)]"),
        ({"b": 2.0, "a": (1,)}, "{'a': (1,), 'b': 2.0}"),
        (half, "half"),
        ("down", "'down'"),
        (None, "None"),
    ],
)
def test_values_are_written_short(value, text):
    assert written(value) == text


def test_what_a_function_raises_is_not_caught():
    with pytest.raises(TypeError):
        check(half, "x", gives=1.0)


@pytest.mark.parametrize("function", [None, 1.0, "half", [half]])
def test_what_cannot_be_called_is_named(function):
    with pytest.raises(TypeError, match="function must be a function, got"):
        check(function, 1.0, gives=0.5)


def test_a_part_of_a_function_is_called_too(capsys):
    check(partial(pow, 2.0), 3.0, gives=8.0)
    assert capsys.readouterr().out.startswith("✓ ")


def test_an_array_is_no_condition():
    with pytest.raises(TypeError, match="holds must be True or False, got array"):
        check_that(np.array([True, False]), "all of it")


def test_a_condition_is_checked_by_its_words(capsys):
    check_that(1 < 2, "the first is smaller")
    check_that(2 < 1, "the first is smaller")
    assert capsys.readouterr().out == "✓ the first is smaller\n✗ the first is smaller\n"
