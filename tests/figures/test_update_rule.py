"""What the figures of *The update rule* draw is what the rule does."""

import contextlib
import io
import math
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from drawn import rows

from gdbook import cli
from gdbook.descent import descend, outcome
from gdbook.figures import update_rule
from gdbook.figures.plates.update_rule import steps_down
from gdbook.functions import double_well, parabola, shifted_parabola, wavy
from gdbook.rules import momentum
from gdbook.site.build.svg import inline_svg

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
    (ax,) = steps_down().axes
    run = runs(ax)[0]
    t = np.arange(11)
    np.testing.assert_allclose(run[:, 0], 3 * (1 - 0.8**t), atol=ROUNDING)
    np.testing.assert_allclose(run[:, 1], 9 * 0.64**t, atol=ROUNDING)


def test_the_tangent_touches_the_curve_at_the_start_and_nowhere_crosses_it():
    (ax,) = steps_down().axes
    curve, _, tangent, *_ = lines(ax)
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


def test_three_numbers_are_those_of_the_closed_form():
    table = rows(update_rule.three_numbers())
    for t, row in enumerate(table):
        away = 3 * 0.8**t
        assert row == [str(t), f"{3 - away:.4f}", f"{away**2:.4f}", f"−{2 * away:.4f}", f"+{0.2 * away:.4f}"]


@pytest.mark.parametrize("lr", [0.001, 0.1, 1])
def test_one_step_falls_by_taylors_promise_less_its_square(lr):
    # (6η − 3)² = 9 − 36η + 36η²
    assert update_rule.fall(lr) == pytest.approx(36 * lr - 36 * lr**2)
    assert update_rule.after_one_step(lr) == pytest.approx((6 * lr - 3) ** 2)
    assert update_rule.SLOPE**2 == 36


def test_it_stands_when_the_step_is_half_of_the_last_place():
    steps, away = update_rule.until_it_stands()
    assert 0.2 * away <= np.spacing(2.999)
    # 3 · 0.8ᵗ is as small as what is left a little sooner: the last steps are rounded
    assert steps == pytest.approx(math.log(away / 3) / math.log(0.8), abs=8)


def test_the_program_prints_the_run():
    lines = update_rule.lines_printed()
    run = update_rule.on_the_parabola(0.1, 50)
    assert lines == [
        f"iter {t:02} | theta = {run.w[t]:.6f} | cost = {run.loss[t]:.6f}" for t in range(len(lines))
    ]
    assert update_rule.printed().split("\n") == ["```text", *lines[:4], "…", lines[49], "```"]
    words = [re.sub(r"iter \d+ \| theta = | \| cost =", "", line) for line in lines]
    assert words == list(update_rule.lines_in(float))


def test_single_precision_prints_other_digits_in_some_lines():
    single = np.array([line.split() for line in update_rule.lines_in(np.float32)], dtype=float)
    double = np.array([line.split() for line in update_rule.lines_in(float)], dtype=float)
    assert update_rule.lines_that_differ() == np.any(single != double, axis=1).sum() > 0
    np.testing.assert_allclose(single, double, atol=5e-6)


@pytest.mark.parametrize("y", [1.0, 1.4])
def test_the_step_in_x_on_rosenbrocks_valley_depends_on_y(y):
    x = -1.2
    assert update_rule.rosenbrock_step(y) == pytest.approx(0.002 * (1 - x) + 0.4 * x * (y - x * x))


def test_a_millionth_off_the_hump_grows_by_a_fifth_at_each_step():
    # near 0 a step multiplies x by 1 + 2η = 1.2; x³ is below a hundredth of 2x
    assert update_rule.steps_off_the_hump() == math.ceil(math.log(1e5) / math.log(1.2))
    assert update_rule.in_the_wells(0, 1000).w[-1] == 0


@pytest.mark.parametrize(
    ("start", "lr", "word"), [(5, 0.1, "diverged"), (-3.5, 0.1, "converged"), (-3.5, 0.05, "converged")]
)
def test_runs_in_the_wells_end_as_is_said(start, lr, word):
    run = update_rule.in_the_wells(start, 100, lr)
    assert outcome(run) == word
    assert run.w[1] == pytest.approx(start - lr * (start**3 - 2 * start))


@pytest.mark.parametrize(
    ("lr", "word"), [(0.01, "descending"), (0.9, "converged"), (1.1, "grew"), (0.001, "descending")]
)
def test_fifty_steps_on_the_parabola_end_as_is_said(lr, word):
    assert update_rule.parabola_outcome(lr) == word
    assert update_rule.on_the_parabola(lr, 50).w[-1] == pytest.approx(3 - 3 * (1 - 2 * lr) ** 50)


def test_with_a_rate_of_one_the_run_goes_back_and_forth():
    assert update_rule.on_the_parabola(1, 50).w[:4].tolist() == [0, 6, 0, 6]


def test_more_momentum_ends_in_the_lowest_dip_or_in_another():
    ends = [update_rule.ripples_end(mu) for mu in (0.7, 0.8, 0.9, 0.95)]
    for end in ends:
        assert min(abs(end - minimum) for minimum in wavy.minima) < 0.005
    assert ends[2] == pytest.approx(0, abs=1e-4)
    assert max(abs(end) for end in ends) > 1
    assert not any(math.copysign(1, end) < 0 and abs(end) < 1e-4 for end in ends)


def test_the_next_step_goes_towards_three():
    assert [update_rule.next_step(theta) for theta in (1, 3, 5)] == pytest.approx([0.4, 0, -0.4])


def test_commas_make_no_space():
    assert update_rule.in_thousands(-1234567.8) == "-1{,}234{,}568"


def test_the_command_of_the_page_runs():
    page = Path(__file__).parents[2] / "docs" / "descent" / "update-rule.md"
    (command,) = re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert cli.main(shlex.split(command.replace("\\\n", ""))[1:]) == 0
    assert "400" in out.getvalue()


@pytest.mark.parametrize(
    "draw",
    [
        steps_down,
        update_rule.one_step,
        update_rule.glide_and_swing,
        update_rule.two_basins,
        update_rule.through_the_ripples,
    ],
)
def test_a_figure_is_light(draw):
    assert len(inline_svg(draw(), "what it shows", "x-")) < 25_000
