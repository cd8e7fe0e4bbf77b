"""The answers of *Find the bug* are what running says, here against sums done another way."""

from fractions import Fraction
from math import sqrt

import numpy as np
import pytest

from gdbook.site.pages.find_the_bug import (
    RIGHT,
    SUSPECTS,
    at_fault,
    best_h,
    decayed,
    first_step,
    forward_error,
    highest_unstopped,
    largest_shrinking,
    nesterov_end,
    newton_order,
    slope_at_corner,
    swung,
    uncorrected_step,
    unlooked,
)


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Adam on a slope", "call"),
        ("Adam in five lines", "step"),
        ("Momentum that looks ahead", "step"),
        ("AdamW by way of the loss", "decay"),
        ("A warm-up", "order"),
        ("A node with two children", "grad"),
        ("A loss that is printed", "grad"),
    ],
)
def test_one_piece_of_each_snippet_is_at_fault(heading, name):
    assert at_fault(heading) == name


def test_each_snippet_with_suspects_has_a_right_output():
    assert SUSPECTS.keys() == RIGHT.keys()


@pytest.mark.parametrize(
    ("heading", "right", "wrong"),
    [
        (
            "AdamW by way of the loss",
            "small noise 0.360, large noise 0.380",
            "small noise 0.0, large noise 0.37",
        ),
        ("A warm-up", "[0.2, 0.4, 0.6, 0.8, 1.0, 1.0]", "[1.0, 0.2, 0.4, 0.6, 0.8, 1.0]"),
        ("A warm-up", "[0.2, 0.4, 0.6, 0.8, 1.0, 1.0]", "[0.0, 0.0, 0.2, 0.4, 0.6, 0.8]"),
    ],
)
def test_what_is_right_and_what_is_not(heading, right, wrong):
    assert RIGHT[heading](right)
    assert not RIGHT[heading](wrong)


def test_adams_first_step_is_compared_with_epsilon_outside_the_root():
    assert first_step(1e-6) == pytest.approx(1e-6 / (1e-6 + 1e-8))
    assert first_step(1e-8) == pytest.approx(0.5)


def test_an_uncorrected_first_step_is_three_etas_for_a_large_gradient():
    assert uncorrected_step(5.0) == pytest.approx((1 - 0.9) / sqrt(1 - 0.999), rel=1e-6)
    assert uncorrected_step(1e-6) == pytest.approx(1 / (sqrt(0.1) + 0.1))


def test_the_mixture_ends_nearer_at_a_small_rate_and_far_away_at_a_large_one():
    assert nesterov_end(True, True, 0.3) < nesterov_end(True, False, 0.3) < 0.1
    assert nesterov_end(True, True, 0.9) > 1
    assert nesterov_end(True, False, 1.0) == 0


def test_nesterovs_forms_go_as_their_roots_say():
    """The errors of the form with the position follow z² = (1 - ηλ)((1 + μ) z - μ)."""
    before, now = 1.0, 1 - 0.3
    for _ in range(59):
        before, now = now, (1 - 0.3) * (1.9 * now - 0.9 * before)
    assert nesterov_end(True, False, 0.3) == pytest.approx(abs(now), rel=1e-6)


def test_decay_by_way_of_the_loss_depends_on_the_noise():
    small, large = decayed()
    assert small == pytest.approx(0, abs=0.01)
    assert large > 0.85


def test_the_warm_up_without_its_stop_goes_on_by_fifths():
    assert highest_unstopped() == pytest.approx(7 / 5)


def test_who_does_not_look_gets_the_product_of_the_rates():
    assert unlooked() == pytest.approx(np.prod(1 - 0.2 * (1 - np.arange(40) / 40)), abs=5e-5)


def test_the_error_shrinks_below_two():
    assert swung(1.99) == pytest.approx(0.99**200)
    assert swung(2.01) == pytest.approx(1.01**200)
    assert largest_shrinking((0.99, 1.5, 1.99, 2.01)) == 1.99
    assert largest_shrinking((0.99, 1.5)) == 1.5


def test_newtons_method_squares_its_error():
    """In exact fractions: e / e² goes to f''/(2 f') = 1/(2√2), and e / e³ to no limit."""
    x, root = Fraction(2), Fraction(sqrt(2))
    for _ in range(3):
        x, before = (x + 2 / x) / 2, x
    assert float((x - root) / (before - root) ** 2) == pytest.approx(1 / (2 * sqrt(2)), rel=1e-2)
    assert newton_order() == 2


def test_which_h_is_best_depends_on_the_digits_of_the_numbers():
    steps = (1e-15, 1e-12, 1e-8, 1e-3)
    assert best_h(steps) == 1e-8
    assert best_h(steps, np.float32) == 1e-3
    assert forward_error(1e-3) == pytest.approx(3e-3 + 1e-6, rel=1e-6)
    assert forward_error(1e-15, np.float32) == 3


def test_the_central_difference_at_the_corner_is_the_mean_of_both_sides():
    assert slope_at_corner() == pytest.approx((0 + 1) / 2)
