"""The checks of arrays: a plain array of floats comes out, in the precision of what went in, or an error."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from gdbook.checks.arrays import finite_reals, is_foreign, numbers, reals, symmetric


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.longdouble, np.complex64])
def test_floats_are_left_as_they_are(kind):
    array = np.ones(3, kind)
    assert numbers("x", array) is array


@pytest.mark.parametrize(
    "values", [[1, 2], (1, 2.0), np.array([1, 2], np.int8), [Fraction(1), Decimal(2)], range(1, 3)], ids=repr
)
def test_other_numbers_become_float64(values):
    found = numbers("x", values)
    assert found.dtype == np.float64
    assert found.tolist() == [1, 2]


@pytest.mark.parametrize(
    "values",
    ["1", None, True, [True], ["a"], [1, None], {}, np.array([], object)],
    ids=repr,
)
def test_what_holds_no_numbers_is_refused(values):
    with pytest.raises(TypeError, match="x must hold numbers, got"):
        numbers("x", values)


def test_each_other_fault_has_its_own_words():
    for values, error, words in (
        ([[1], [1, 2]], ValueError, r"x must have rows of one length, got \[\[1\]"),
        ([10**400], ValueError, "x must be within the range of floats, got"),
        ([Decimal("sNaN")], ValueError, "x must be within the range of floats, got"),
        (np.ma.array([1.0]), TypeError, r"x must be a plain array, got .*\.filled"),
        (np.eye(2).view(np.matrix), TypeError, "x must be a plain array, got .*asarray"),
    ):
        with pytest.raises(error, match=words):
            numbers("x", values)
    with pytest.raises(TypeError, match="x must hold real numbers, got"):
        reals("x", [1j])
    with pytest.raises(ValueError, match="x must be finite, got"):
        finite_reals("x", [1.0, np.nan])


def test_symmetric_is_square_and_equal_across_the_diagonal():
    matrix = np.array([[1.0, 2.0], [2.0, 3.0]])
    assert symmetric("A", matrix, within=0) is matrix
    for bad in (np.ones(2), np.ones((2, 3)), np.zeros((0, 0)), np.array([[1.0, 2.0], [2.1, 3.0]])):
        with pytest.raises(ValueError, match=r"A must be square and symmetric, .*got shape"):
            symmetric("A", bad, within=1e-3)
    symmetric("A", np.array([[1.0, 2.0], [2.001, 3.0]]), within=1e-3)


def test_arrays_of_other_libraries_are_foreign():
    class Other:
        dtype = "float32"

    assert is_foreign(Other())
    assert not any(map(is_foreign, (1.0, [1.0], np.ones(2), np.float32(1))))
