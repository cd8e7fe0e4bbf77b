"""What the figures of *The update rule* draw is what the rule does."""

import numpy as np
import pytest

from gdbook.descent import descend
from gdbook.figures import update_rule
from gdbook.functions import double_well, parabola, shifted_parabola, wavy
from gdbook.rules import momentum
from gdbook.site.svg import inline_svg

ROUNDING = 1e-12  # of a few hundred steps in double precision, far below what a figure shows
DOT = 0.1  # half the width of a dot in units of x: 2 of the panel's 225 points, for 8.2 units


def lines(ax):
    """What is drawn: the points of each line, in the order of drawing."""
    return [np.column_stack(line.get_data()).astype(float) for line in ax.get_lines()]


def runs(ax):
    """The points of the lines with markers, longest first: the runs, then single points."""
    marked = [line for line in ax.get_lines() if line.get_marker() == "o"]
    return sorted((np.column_stack(line.get_data()).astype(float) for line in marked), key=len, reverse=True)


def test_the_costs_follow_the_closed_form():
    (ax,) = update_rule.cost_against_theta().axes
    run = runs(ax)[0]
    t = np.arange(11)
    np.testing.assert_allclose(run[:, 0], 3 * (1 - 0.8**t), atol=ROUNDING)
    np.testing.assert_allclose(run[:, 1], 9 * 0.64**t, atol=ROUNDING)


def test_the_tangent_touches_the_curve_at_the_start_and_nowhere_crosses_it():
    (ax,) = update_rule.cost_against_theta().axes
    curve, tangent, *_ = lines(ax)
    (x0, y0), (x1, y1) = tangent
    assert (y1 - y0) / (x1 - x0) == pytest.approx(-6)
    assert y0 + (y1 - y0) / (x1 - x0) * (0 - x0) == pytest.approx(shifted_parabola(0))
    assert np.all(curve[:, 1] >= 9 - 6 * curve[:, 0] - ROUNDING)
    assert "slope −6" in {text.get_text() for text in ax.texts}


def test_one_step_is_below_the_start_exactly_between_no_step_and_twice_the_best():
    (ax,) = update_rule.one_step().axes
    lr, after = lines(ax)[0].T
    # f(0 − η·(−6)) = (6η − 3)²
    np.testing.assert_allclose(after, (6 * lr - 3) ** 2, atol=ROUNDING)
    inside = (lr > ROUNDING) & (lr < 1 - ROUNDING)
    assert np.array_equal(after < 9 - ROUNDING, inside)


def test_taylors_line_falls_by_the_squared_gradient():
    (ax,) = update_rule.one_step().axes
    (x0, y0), (x1, y1) = lines(ax)[1]
    assert (y1 - y0) / (x1 - x0) == pytest.approx(-36)


def test_a_tenth_glides_and_nine_tenths_swings():
    glide, swing = (runs(ax)[0] for ax in update_rule.glide_and_swing().axes)
    assert np.all(glide[:, 0] > 0)
    assert np.all(swing[1:, 0] * swing[:-1, 0] < 0)
    # 1 − 2η is 0.8 and −0.8: the same distance at every step, on the other side at every second.
    np.testing.assert_allclose(abs(swing[:, 0]), glide[:, 0], atol=ROUNDING)
    np.testing.assert_allclose(glide[:, 1], parabola(glide[:, 0]), atol=ROUNDING)


def test_the_two_starts_end_in_the_two_wells():
    (ax,) = update_rule.two_basins().axes
    left, right = sorted(runs(ax)[:2], key=lambda run: run[0, 0])
    assert (left[0, 0], right[0, 0]) == (-2.6, 2.6)
    assert (left[-1, 0], right[-1, 0]) == (pytest.approx(-(2**0.5)), pytest.approx(2**0.5))
    np.testing.assert_allclose(left[:, 1], double_well(left[:, 0]))


def test_momentum_gets_through_where_descent_stops():
    stuck, through = (runs(ax) for ax in update_rule.through_the_ripples().axes)
    assert stuck[0][0, 0] == through[0][0, 0] == 5
    local = min(wavy.minima, key=lambda minimum: abs(minimum - 4))
    assert stuck[1][0, 0] == pytest.approx(local)
    assert through[1][0, 0] == pytest.approx(0, abs=1e-6)
    assert wavy(local) > wavy(0)


def test_what_the_ripples_leave_out_is_small():
    # The figure draws the first 40 steps and the end: the rest must be near where the 40 went.
    for ax, mu in zip(update_rule.through_the_ripples().axes, (0.0, 0.9), strict=True):
        w = descend(wavy.grad, 5.0, rule=momentum, lr=0.05, momentum=mu, steps=400).w
        drawn = runs(ax)[0]
        np.testing.assert_allclose(drawn[:, 0], w[:41], atol=ROUNDING)
        assert w[41:].min() > drawn[:, 0].min() - DOT
        assert w[41:].max() < drawn[:, 0].max() + DOT


@pytest.mark.parametrize(
    "draw",
    [
        update_rule.cost_against_theta,
        update_rule.one_step,
        update_rule.glide_and_swing,
        update_rule.two_basins,
        update_rule.through_the_ripples,
    ],
)
def test_a_figure_is_light(draw):
    assert len(inline_svg(draw(), "what it shows", "x-")) < 25_000
