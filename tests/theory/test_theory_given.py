"""What the theory refuses, and how it says so."""

import math

import pytest

from gdbook.theory import (
    gd_best_lr,
    gd_best_rate,
    gd_limit,
    gd_rate,
    momentum_best,
    momentum_limit,
    momentum_rate,
    nesterov_best,
    nesterov_limit,
    nesterov_rate,
    nesterov_standard,
)


@pytest.mark.parametrize("L", [0, -1, math.nan, math.inf])
def test_curvatures_are_positive_and_finite(L):
    for call in (gd_limit, lambda L: momentum_limit(0.9, L), lambda L: nesterov_limit(0.9, L)):
        with pytest.raises(ValueError, match=f"L must be .* got {L}"):
            call(L)
    for call in (
        gd_best_lr,
        gd_best_rate,
        momentum_best,
        nesterov_best,
        nesterov_standard,
        lambda *s: gd_rate(0.1, *s),
    ):
        with pytest.raises(ValueError, match=f"mu must be .* got {L}"):
            call(L, 1)


def test_curvatures_are_in_order():
    for call in (
        gd_best_lr,
        gd_best_rate,
        momentum_best,
        nesterov_best,
        nesterov_standard,
        lambda *s: momentum_rate(0.1, 0.9, *s),
        lambda *s: nesterov_rate(0.1, 0.9, *s),
    ):
        with pytest.raises(ValueError, match="L must be at least mu, 2, got 1"):
            call(2, 1)


def test_curvatures_are_numbers():
    with pytest.raises(TypeError, match="L must be a finite number, got '1'"):
        gd_limit("1")
