"""The noise of mini-batches, by going through all of them."""

import itertools
from fractions import Fraction

import pytest

from gdbook.theory import batch_variance

VALUES = [Fraction(v) for v in (3, -1, 4, 1, -5, 9)]


def variance(values):
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / len(values)


@pytest.mark.parametrize("size", range(1, 7))
def test_variance_over_all_mini_batches(size):
    means = [sum(batch) / size for batch in itertools.combinations(VALUES, size)]
    assert batch_variance(variance(VALUES), size, len(VALUES)) == variance(means)


def test_one_sample_has_the_whole_variance_and_all_have_none():
    assert batch_variance(2.5, 1, 60) == 2.5
    assert batch_variance(2.5, 60, 60) == 0
    assert batch_variance(2.5, 1, 1) == 0


@pytest.mark.parametrize(("size", "n"), [(0, 5), (6, 5), (1, 0)])
def test_there_is_no_such_mini_batch(size, n):
    with pytest.raises(ValueError, match=r"(size|n) must be"):
        batch_variance(1.0, size, n)
