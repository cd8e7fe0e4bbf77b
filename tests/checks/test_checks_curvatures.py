"""What the theory refuses, and how it says so."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from gdbook import theory
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


@pytest.mark.parametrize("bound", [theory.gd_bound, theory.nesterov_bound, theory.lower_bound])
def test_bounds_need_a_curvature_a_distance_and_a_number_of_steps(bound):
    for args, name in (((0, 1, 1), "L"), ((1, -1, 1), "R"), ((1, 1, -1), "steps"), ((1, 1, 0.5), "steps")):
        with pytest.raises((ValueError, TypeError), match=f"^{name} must"):
            bound(*args)


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.array, Decimal, Fraction])
def test_any_kind_of_number_gives_the_same(kind):
    half = kind(0.5)
    assert theory.gd_rate(half, kind(1), kind(4)) == theory.gd_rate(0.5, 1, 4)
    assert theory.momentum_limit(half, kind(4)) == theory.momentum_limit(0.5, 4)
    assert theory.noise_floor(half, half, half, half) == pytest.approx(
        theory.noise_floor(0.5, 0.5, 0.5, 0.5), rel=1e-15
    )


def test_pairs_of_numbers_leave_the_range_of_floats_too():
    with pytest.raises(ValueError, match="heavy_ball_roots leaves the range of floats"):
        theory.heavy_ball_roots(1e308, 0.5, 2.0)
