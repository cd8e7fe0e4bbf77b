"""What the figures and the table of *Adaptive steps* show, against arithmetic written out here."""

import math

import numpy as np
import pytest
from drawn import line

from gdbook.figures import adaptive_steps as chapter
from gdbook.figures.colours import ADAGRAD, ADAM, DESCENT, MUTED, RMSPROP
from gdbook.figures.plates.adaptive_steps import turned_valley
from gdbook.rules import adadelta, adagrad, adam, amsgrad, rmsprop, sgd
from gdbook.site.build.svg import inline_svg

ALL = [turned_valley, chapter.first_steps, chapter.worst_point, chapter.leap]


def test_turning_the_valley_turns_the_path_of_gradient_descent():
    rotation = chapter.turned(chapter.VALLEY, 45)[1]
    straight, turned = (chapter.valley_path(sgd, 0.038, degrees) for degrees in (0, 45))
    np.testing.assert_allclose(turned, straight @ rotation.T, atol=1e-12)  # rounding of 30 steps


def test_turning_the_valley_changes_the_path_of_adagrad():
    straight, turned = (np.linalg.norm(chapter.valley_path(adagrad, 0.8, d)[-1]) for d in (0, 45))
    assert turned > 100 * straight


@pytest.mark.parametrize("degrees", [0, 10, 45])
def test_the_plate_draws_both_paths_in_a_turned_valley(degrees):
    (ax,) = turned_valley(turn=degrees).axes
    for (rule, lr), colour in zip(chapter.VALLEY_RATES.items(), (DESCENT, ADAGRAD), strict=True):
        path = np.transpose(line(ax, colour))
        np.testing.assert_allclose(path, chapter.valley_path(rule, lr, degrees), rtol=0, atol=1e-12)


@pytest.mark.parametrize("degrees", [0, 45])
def test_each_contour_line_joins_points_of_one_height(degrees):
    hessian = chapter.turned(chapter.VALLEY, degrees)[0]
    (ax,) = turned_valley(turn=degrees).axes
    contours = [np.array(drawn.get_data()) for drawn in ax.lines if drawn.get_color() == MUTED]
    assert len(contours) == 5
    for w in contours:
        height = np.sum(w * (hessian @ w), axis=0) / 2
        assert height == pytest.approx(height[0], rel=1e-12)


def test_the_valley_ends_that_the_caption_names():
    assert chapter.valley_end(sgd) == pytest.approx(chapter.valley_end(sgd, 45), rel=1e-9)
    # In each direction gradient descent has one factor a step.
    straight = chapter.VALLEY_START * (1 - 0.038 * np.array([1, 50])) ** 30
    assert chapter.valley_end(sgd) == pytest.approx(np.linalg.norm(straight), rel=1e-9)
    assert chapter.valley_end(adagrad, 45) > 100 * chapter.valley_end(adagrad)


def test_one_large_gradient_shortens_the_next_step():
    assert chapter.after_a_large_gradient() == pytest.approx(1 / math.sqrt(100**2 + 1))


@pytest.mark.parametrize("beta", [0.9, 0.99, 0.999])
def test_half_is_gone_after_the_half_life_rounded_up(beta):
    assert chapter.steps_until_half(beta) == math.ceil(math.log(0.5) / math.log(beta))
    assert f"| {beta:g} | {math.log(0.5) / math.log(beta):.2f} |" in chapter.half_lives()


def test_lengths_where_the_gradient_is_constant_are_the_closed_forms():
    t = np.arange(1, 301)
    # The tolerances are for ε, which the closed forms leave out: 1e-8 beside a root of 0.1 or more.
    assert chapter.lengths(adagrad, 300) == pytest.approx(1 / np.sqrt(t), rel=1e-6)
    assert chapter.lengths(rmsprop, 300) == pytest.approx(1 / np.sqrt(1 - 0.99**t), rel=1e-6)
    assert chapter.lengths(adam, 300) == pytest.approx(np.ones(300), rel=1e-6)
    assert chapter.lengths(adadelta, 1)[0] == pytest.approx(math.sqrt(1e-6 / 0.1), rel=1e-4)


def test_without_bias_correction_the_first_step_is_3_162_times_longer():
    assert chapter.uncorrected(1) == pytest.approx(0.1 / math.sqrt(0.001)) == pytest.approx(3.162, abs=3e-4)


def test_uncorrected_is_adam_with_its_correction_taken_out():
    m = v = 0.0
    for t in range(1, 51):
        m, v = 0.9 * m + 0.1, 0.999 * v + 0.001
        assert chapter.uncorrected(t) == pytest.approx(m / math.sqrt(v), rel=1e-10)


def test_the_longest_uncorrected_step_is_longer_than_its_neighbours():
    t, length = chapter.longest_uncorrected()
    assert length == chapter.uncorrected(t)
    assert chapter.uncorrected(t - 1) < length > chapter.uncorrected(t + 1)


def test_first_steps_draws_the_lengths():
    (ax,) = chapter.first_steps().axes
    for rule, colour, style in (
        (adagrad, ADAGRAD, "-"),
        (rmsprop, RMSPROP, "-"),
        (adadelta, RMSPROP, "--"),
        (adam, ADAM, "-"),
    ):
        t, drawn = line(ax, colour, style)
        np.testing.assert_array_equal(drawn, chapter.lengths(rule, 10_000)[t - 1])
    t, drawn = line(ax, ADAM, "--")
    np.testing.assert_array_equal(drawn, chapter.uncorrected(t))


@pytest.mark.parametrize("C", [2.5, 4.0, 10.0])
def test_adam_ends_at_the_worst_point_and_amsgrad_at_the_best(C):
    # The last of the 3,000 steps are at most C · 0.5/√3000 long: the ends are that near.
    assert chapter.online(adam, 3000, C)[-30:].mean() == pytest.approx(1, abs=0.01 * C)
    assert chapter.online(amsgrad, 3000, C)[-30:].mean() == pytest.approx(-1, abs=0.01 * C)


def test_online_is_the_example_of_the_paper():
    """Written out without a rule, with the bias correction that the book's Adam has."""
    w, v, points = 0.0, 0.0, []
    for t in range(1, 31):
        g = 4.0 if t % 3 == 1 else -1.0
        v = v / 17 + 16 / 17 * g * g
        w -= 0.5 / math.sqrt(t) * g / math.sqrt(v / (1 - 17.0**-t))
        w = min(1.0, max(-1.0, w))
        points.append(w)
    assert chapter.online(adam, 30) == pytest.approx(points, abs=1e-7)  # ε is 1e-8


def test_worst_point_draws_both_runs():
    (ax,) = chapter.worst_point().axes
    for rule, style in ((adam, "-"), (amsgrad, "--")):
        np.testing.assert_array_equal(line(ax, ADAM, style)[1], chapter.online(rule, 300))


def test_online_end_is_the_mean_of_the_last_30():
    for rule, sign in ((adam, 1), (amsgrad, -1)):
        points = chapter.online(rule, 300)
        assert chapter.online_end(rule) == pytest.approx(sum(points[270:]) / 30)
        assert sign * chapter.online_end(rule) > 0.9


def test_amsgrad_keeps_its_largest_v_while_the_corrected_one_falls():
    """One gradient of 1, then zeros: the maximum stays; corrected, it falls from 1 towards it."""
    w, state, corrected = 0.0, (0.0, 0.0, 0.0, 0), []
    for t in range(1, 101):
        w, state = amsgrad(w, 1.0 if t == 1 else 0.0, state)
        assert state[2] == pytest.approx(0.001)
        corrected.append(state[2] / (1 - 0.999**t))
    assert corrected[0] == pytest.approx(1)
    assert (np.diff(corrected) < 0).all()
    # The step divides by the root of the corrected one. From 0, so that it is not lost in rounding.
    moved = -amsgrad(0.0, 0.0, state, lr=1.0)[0]
    m_hat, v_hat = 0.1 * 0.9**100 / (1 - 0.9**101), 0.001 / (1 - 0.999**101)
    assert moved == pytest.approx(m_hat / (math.sqrt(v_hat) + 1e-8), rel=1e-9)


def test_adam_leaps_back_soon_after_its_edge():
    run = chapter.long_run()
    m = v = 0.0
    edge = None
    for t, x in enumerate(run.w[:-1], 1):
        m, v = 0.9 * m + 0.1 * 2 * x, 0.999 * v + 0.001 * 4 * x * x
        if edge is None and 2 / (math.sqrt(v / (1 - 0.999**t)) + 1e-8) > 38 / 0.1:
            edge = t
    assert chapter.edge_step() == edge
    far = np.abs(run.w)
    lowest = chapter.lowest_step()
    assert far[lowest] == far[:7000].min()
    assert abs(lowest - edge) < 20
    assert far[lowest] < 1e-100
    assert far[lowest:].max() == far[chapter.back_step()] > 0.01
    assert 10.0 ** (chapter.lowest_power() - 1) <= far[lowest] < 10.0 ** chapter.lowest_power()


def test_leap_draws_the_largest_distance_of_each_50_steps():
    (ax,) = chapter.leap().axes
    t, drawn = line(ax, ADAM)
    far = np.abs(chapter.long_run().w)
    for middle, value in zip(t, drawn, strict=True):
        assert value == far[middle - 24 : middle + 26].max()


def test_second_moments_are_those_of_adam():
    run = chapter.long_run()
    w, state = 1.0, (0.0, 0.0, 0)
    for t in range(20):
        w, state = adam(w, 2 * w, state, lr=0.1)
        assert chapter.second_moments(run)[t] == pytest.approx(state[1] / (1 - 0.999 ** (t + 1)), rel=1e-12)


def test_each_rule_had_the_same_budget_and_other_starts_than_those_it_was_tuned_on():
    assert list(chapter.budget()) == list(chapter.BUDGET_RULES)
    for results in chapter.budget().values():
        assert len(results) == len(chapter.BUDGET_PROBLEMS)
        for rate, steps in results:
            assert rate in chapter.BUDGET_RATES
            assert len(steps) == chapter.BUDGET_SEEDS


def test_along_the_axes_adam_and_adagrad_do_not_see_the_condition_number():
    for name in ("adam", "adagrad"):
        (low_rate, low), (high_rate, high), _ = chapter.budget()[name]
        assert low_rate == high_rate
        np.testing.assert_array_equal(low, high)


@pytest.mark.parametrize(("name", "mu"), [("momentum", 0.9), ("momentum, 0.95", 0.95)])
@pytest.mark.parametrize("problem", [0, 1])
def test_momentum_in_the_budget_by_another_way(name, mu, problem):
    """On the problems along the axes: one run at a time, the rule written out."""
    rng = np.random.default_rng(0)
    starts = rng.normal(size=(2 * chapter.BUDGET_SEEDS, 10))[chapter.BUDGET_SEEDS :]
    curvatures = np.geomspace(1, (4, 2000)[problem], 10)
    rate, steps = chapter.budget()[name][problem]
    taken = []
    for start in starts:
        w, velocity, path = start, 0.0, [start]
        for _ in range(1000):
            velocity = mu * velocity + curvatures * w
            w = w - rate * velocity
            path.append(w)
        outside = np.linalg.norm(path, axis=1) > 0.01 * np.linalg.norm(start)
        taken.append(np.flatnonzero(outside)[-1] + 1)
    np.testing.assert_array_equal(steps, np.sort(taken))


def test_the_budget_s_verdicts():
    """Which median is the least of each column, and what the second μ changes."""
    well, axes, turned = (
        {name: np.median(results[problem][1]) for name, results in chapter.budget().items()}
        for problem in range(3)
    )
    assert sorted(well, key=well.get)[:4] == ["adagrad", "sgd", "adam", "momentum"]
    assert sorted(axes, key=axes.get)[:4] == ["adagrad", "adam", "momentum, 0.95", "momentum"]
    assert sorted(turned, key=turned.get)[:3] == ["momentum, 0.95", "momentum", "adam"]
    assert np.isinf(turned["adagrad"])
    assert chapter.budget_ratio("axes", "momentum", "adam") == axes["momentum"] / axes["adam"]
    assert chapter.budget_ratio("turned", "adam", "momentum") == turned["adam"] / turned["momentum"]


def test_the_table_of_the_budget_says_none_where_no_run_arrived():
    rows = {row.split(" | ")[0]: row for row in chapter.budget_table().split("\n")}
    assert rows["| AdaGrad"].endswith("| none |")
    for (_, steps), cell in zip(
        chapter.budget()["sgd"], rows["| gradient descent"].split(" | ")[1:], strict=True
    ):
        assert np.isinf(steps[0]) or cell.startswith(f"{np.median(steps):,.0f} ({steps[0]:,.0f} to ")


def test_floor_of_gradient_descent_is_that_of_theory():
    """ησ²/(2 (2 − η)) on ½w²; 300 runs of 400 steps, of which one in 20 or so is independent: 2 %."""
    for lr, sigma in ((0.1, 1), (0.05, 1), (0.1, 10)):
        floor = lr * sigma**2 / (2 * (2 - lr))
        assert chapter.floor(sgd, lr, sigma) == pytest.approx(floor, rel=0.04)
        assert f"{chapter.floor(sgd, lr, sigma):.3f}" in chapter.floors().split("\n")[2]


def test_what_the_page_says_of_adam_s_floor():
    assert chapter.floor(adam, 0.1, 1) == pytest.approx(2 * chapter.floor(adam, 0.05, 1), rel=0.2)
    assert chapter.floor(adam, 0.1, 10) == pytest.approx(10 * chapter.floor(adam, 0.1, 1), rel=0.2)


def test_where_epsilon_stands_decides_which_gradients_are_small():
    rows = [row.strip("| ").split(" | ") for row in chapter.small_gradients().split("\n")[2:]]
    assert [row[1] for row in rows if row[0] == "$10^{-8}$"] == ["0.5000"]
    assert [row[2] for row in rows if row[0] == "$10^{-4}$"] == [f"{math.sqrt(0.5):.4f}"]
    assert [row[3] for row in rows if row[0] == "$10^{-2}$"] == [f"{1 / 1.1:.4f}"]


def test_half_precision_has_no_default_epsilon():
    assert np.float16(1e-8) == 0


def test_after_silence_the_averages_are_those_of_new_ones_without_correction():
    t = np.arange(1, 31)
    # All corrections are 1 after 10,000 steps, but for 0.999 to that power: 5e-5.
    assert chapter.after_silence() == pytest.approx((1 - 0.9**t) / np.sqrt(1 - 0.999**t), rel=1e-4)


def test_the_tables_of_what_a_step_costs_are_what_was_measured():
    rows = [row for row in chapter.measured()["steps"] if row["dtype"] == "float64"]
    assert chapter.sizes() == sorted({row["size"] for row in rows})
    (large,) = [row for row in rows if (row["rule"], row["size"]) == ("adam", chapter.sizes()[-1])]
    fused = large["seconds"]["torch, fused"]["median"] / large["bound"]
    assert chapter.times_the_bound("adam", "torch, fused") == pytest.approx(fused)
    assert f"| {fused:.1f} |" in next(
        r for r in chapter.times_the_bound_table().split("\n") if "| adam |" in r
    )
    last = large["seconds"]["torch"]["median"] / large["seconds"]["gdbook.in_place"]["median"]
    (row,) = [r for r in chapter.in_place_beside_torch().split("\n") if r.startswith("| adam |")]
    assert row.endswith(f"| {last:.1f} |")
    assert f"NumPy {chapter.measured()['machine']['versions']['NumPy']}, " in chapter.versions()


@pytest.mark.parametrize("draw", ALL, ids=lambda draw: draw.__name__)
def test_each_figure_is_small_enough_for_a_page(draw):
    assert len(inline_svg(draw(), "a label", "a").encode()) < 25_000


def test_the_quotient_of_rmsprop_begins_at_ten_and_that_of_adam_is_one():
    """While the gradient stays the same, and for gradients of one size with any signs at most 1 for Adam."""
    assert chapter.lengths(rmsprop, 100)[[0, 9, 99]] == pytest.approx([10, 3.234, 1.256], abs=1e-3)
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (300, 50))
    w, state = np.zeros(50), ()
    for g in signs:
        before = w
        w, *state = adam(w, g, *state, lr=1.0)
        assert np.all(abs(w - before) <= 1)
