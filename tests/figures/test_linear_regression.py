"""The figures of the linear regression chapter, its data, and the rules that its page writes out."""

import contextlib
import io
import re
import textwrap
from pathlib import Path

import numpy as np
import pytest
from drawn import rows

from gdbook.data import batches, flats, toy_line
from gdbook.descent import outcome
from gdbook.figures import linear_regression as figures
from gdbook.figures.colours import BEST, DESCENT, MUTED, ramp
from gdbook.figures.linear_regression import loss_by_batch_size, paths_by_batch_size
from gdbook.figures.plates.linear_regression import line_and_point
from gdbook.figures.powers import short
from gdbook.linear import closed_form

PAGE = Path(__file__).parents[2] / "docs" / "descent" / "linear-regression.md"


def steps_by_hand(lr, count, size=100, seed=0):
    """Descent on half the mean squared error, written out for a line: w and b at each step."""
    x, y = toy_line()
    w = b = 0.0
    path = [(w, b)]
    rng = np.random.default_rng(seed)
    while True:
        for i in [np.arange(100)] if size == 100 else batches(100, size, rng):
            if len(path) > count:
                return np.array(path)
            error = w * x[i] + b - y[i]
            w, b = w - lr * np.mean(error * x[i]), b - lr * np.mean(error)
            path.append((w, b))


def excess(path):
    """J at each point of the path, less its minimum by ``polyfit``."""
    x, y = toy_line()
    path = np.vstack([path, np.polyfit(x, y, 1)])
    J = [np.mean((w * x + b - y) ** 2) / 2 for w, b in path]
    return np.array(J[:-1]) - J[-1]


def curves(fig, colour):
    return [line for line in fig.axes[0].lines if line.get_color() == colour]


def test_the_plate_s_path_and_lines_are_those_of_descent():
    fig = line_and_point(lr=0.05, steps=70, w=0, b=0)
    path = steps_by_hand(0.05, 70)
    best = np.polyfit(*toy_line(), 1)
    (line,), (least,) = curves(fig, DESCENT), curves(fig, BEST)
    for drawn, (w, b) in ((line, path[70]), (least, best)):
        np.testing.assert_allclose(drawn.get_ydata(), [b, w + b], rtol=1e-12)
    over = [drawn for drawn in fig.axes[1].lines if drawn.get_color() == DESCENT]
    np.testing.assert_allclose(over[0].get_xydata(), path, rtol=1e-11, atol=1e-13)  # from means of the data
    cost = (excess(path[70:]) + least_cost())[0]
    assert f"J is {cost:.4f}; the least is {least_cost():.4f}" in line_and_point.said(
        lr=0.05, steps=70, w=0, b=0
    )


def least_cost():
    """The least J."""
    x, y = toy_line()
    return np.mean((np.polyval(np.polyfit(x, y, 1), x) - y) ** 2) / 2


@pytest.mark.parametrize(
    ("size", "colour", "points"), [(100, ramp(3)[2], 5), (10, ramp(3)[1], 41), (1, ramp(3)[0], 41)]
)
def test_losses_are_at_the_right_epochs(size, colour, points):
    (line,) = curves(loss_by_batch_size(lr=0.1, epochs=4, seed=3), colour)
    epoch = line.get_xdata()
    assert len(epoch) == points
    path = steps_by_hand(0.1, 4 * 100 // size, size, seed=3)
    at = np.round(epoch * 100 / size).astype(int)
    np.testing.assert_allclose(line.get_ydata(), excess(path)[at], rtol=1e-6)


def test_noise_floor_is_where_theory_puts_it():
    """In the direction of curvature λ one sample's noise has variance σ²λ: share of J ασ²λ/(2(2 − αλ))."""
    x, y = toy_line()
    X = np.column_stack([x, np.ones(100)])
    curvature = np.linalg.eigvalsh(X.T @ X / 100)
    variance = np.mean((y - np.polyval(np.polyfit(x, y, 1), x)) ** 2)
    expected = sum(0.2 * variance * curvature / (2 * (2 - 0.2 * curvature)))
    (dashed,) = [line for line in loss_by_batch_size().axes[0].lines if line.get_linestyle() == "--"]
    # one run of 500 correlated steps, and theory samples with replacement: within a third
    assert dashed.get_ydata()[0] == pytest.approx(expected, rel=0.33)


@pytest.mark.parametrize(("size", "colour"), [(100, ramp(3)[2]), (1, ramp(3)[0])])
def test_paths_take_equally_many_steps(size, colour):
    (line,) = curves(paths_by_batch_size(lr=0.1, steps=150, seed=2), colour)
    np.testing.assert_allclose(line.get_xydata(), steps_by_hand(0.1, 150, size, seed=2), rtol=1e-9)


def test_paths_stand_over_contours_around_least_squares():
    fig = paths_by_batch_size()
    (best,) = curves(fig, BEST)
    np.testing.assert_allclose(best.get_xydata()[0], np.polyfit(*toy_line(), 1), rtol=1e-12)
    contours = curves(fig, MUTED)
    levels = np.geomspace(0.003, 2, len(contours))
    for line, level in zip(contours, levels, strict=True):
        np.testing.assert_allclose(excess(line.get_xydata()), level, rtol=1e-9)


def test_flats_are_linear_in_features_of_different_scale():
    X, price = flats(n=20_000, seed=5)
    assert X.shape == (20_000, 2)
    assert X[:, 0].min() >= 35
    assert X[:, 0].max() <= 140
    assert X[:, 1].min() >= 100
    assert X[:, 1].max() <= 3000
    theta, (squares,), *_ = np.linalg.lstsq(np.column_stack([X, np.ones(len(X))]), price, rcond=None)
    # standard errors: 20/√n over the deviation of each feature, and about 0.5 for the base: four of them
    np.testing.assert_array_less(abs(theta - [3.2, -0.03, 60]), [0.02, 7e-4, 2.5])
    assert np.sqrt(squares / len(X)) == pytest.approx(20, abs=0.4)


def test_flats_come_from_the_seed():
    np.testing.assert_array_equal(flats(seed=3)[1], flats(seed=3)[1])
    assert (flats(seed=3)[1] != flats(seed=4)[1]).all()


@pytest.mark.parametrize("bad", [{"n": 1}, {"n": 2.5}, {"seed": -1}])
def test_flats_refuse_what_is_no_count(bad):
    with pytest.raises((TypeError, ValueError), match=next(iter(bad))):
        flats(**bad)


def after(rule, steps):
    """θ after so many steps of the block that the page shows for the rule."""
    tab = PAGE.read_text(encoding="utf-8").split(f'=== "{rule}"')[1]
    code = textwrap.dedent(re.search(r"    ```python run\n(.*?)    ```", tab, re.DOTALL).group(1))
    assert code.count("range(1, 1001)") == 1
    names = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(code.replace("range(1, 1001)", f"range(1, {steps + 1})"), names)
    return names["theta"]


# The first gradient g is negative in both places. AdaGrad divides it by √g², RMSProp by √(0.1 g²); Adam's
# corrections make it AdaGrad's step.
@pytest.mark.parametrize(("rule", "first"), [("AdaGrad", 0.5), ("RMSProp", 0.01 / 0.1**0.5), ("Adam", 0.05)])
def test_first_step_of_the_rules_on_the_page_does_not_depend_on_the_size_of_the_gradient(rule, first):
    np.testing.assert_allclose(after(rule, 1), [first, first], rtol=1e-6)


# A constant rate leaves RMSProp swinging by half of it, 0.005; the others arrive.
@pytest.mark.parametrize(("rule", "within"), [("AdaGrad", 1e-6), ("RMSProp", 0.0051), ("Adam", 1e-6)])
def test_rules_on_the_page_arrive_at_least_squares(rule, within):
    np.testing.assert_allclose(after(rule, 1000), np.polyfit(*toy_line(), 1), rtol=0, atol=within)


def test_least_is_that_of_numpys_fit():
    x, y = toy_line()
    assert figures.least() == pytest.approx(np.mean((np.polyval(np.polyfit(x, y, 1), x) - y) ** 2) / 2)


@pytest.mark.parametrize("lr", [0.2, 1.0, 1.4])
def test_the_thousandth_part_is_reached_by_hand_when_it_is_counted_and_within_the_bound(lr):
    away = [
        np.linalg.norm(step - np.polyfit(*toy_line(), 1)) for step in steps_by_hand(lr, figures.at_most(lr))
    ]
    first = next(t for t, far in enumerate(away) if far <= away[0] / 1000)
    assert figures.counted(lr) == first <= figures.at_most(lr)
    factor = max(abs(1 - lr * curvature) for curvature in figures.curvatures())
    assert factor ** figures.at_most(lr) <= 1 / 1000 < factor ** (figures.at_most(lr) - 1)
    assert figures.distance(lr, 20) == pytest.approx(away[20], rel=1e-9)


def test_two_curvatures_are_the_eigenvalues_of_the_hessian_of_half_the_mean():
    x, _ = toy_line()
    hess = np.array([[np.mean(x * x), np.mean(x)], [np.mean(x), 1]])
    assert figures.curvatures() == pytest.approx(np.linalg.eigvalsh(hess))


def test_one_solution_costs_half_of_n_steps_and_a_little():
    assert figures.steps_for_a_solution(1e9, 50) == pytest.approx(25)
    assert figures.steps_for_a_solution(100, 100) == 100


def test_the_table_of_batch_sizes_has_the_means_of_runs_by_hand():
    best = np.polyfit(*toy_line(), 1)
    table = rows(figures.after_20_epochs())
    for (_, steps, read, cost, away), size in zip(table, (100, 10, 1), strict=True):
        assert (int(steps), int(read)) == (100 // size, size)
        ends = [steps_by_hand(0.2, 2000 // size, size, seed)[-1] for seed in range(8)]
        assert float(cost) == pytest.approx(excess(ends).mean(), abs=5.1e-6)
        assert float(away) == pytest.approx(np.linalg.norm(ends - best, axis=1).mean(), abs=5.1e-4)


def test_a_smaller_rate_lowers_the_floor():
    assert figures.floor(0.1) < figures.floor(0.2) / 1.5
    # The last 501 steps of the first seed are one draw of what the mean over four seeds estimates.
    assert figures.above_least(1)[-501:].mean() == pytest.approx(figures.floor(0.2), rel=0.5)


def test_what_is_left_of_mini_batches_is_flat():
    x, _ = toy_line()
    low, high = figures.curvatures()
    error = figures.toy_fit(0.2, 20, 10).w[-1] - np.polyfit(*toy_line(), 1)
    # errorᵀ H error is the sum of the two parts, each by its curvature
    height = np.mean((error[0] * x + error[1]) ** 2) / (error @ error)
    assert figures.flat_share() ** 2 == pytest.approx((high - height) / (high - low), rel=1e-6)


def test_the_unit_of_a_feature_makes_the_condition_number():
    X, _ = flats()
    scaled = X, X / [1, 1000], (X - X.mean(axis=0)) / X.std(axis=0)
    for (_, *cells), features in zip(rows(figures.scalings()), scaled, strict=True):
        singular = np.linalg.svd(np.column_stack([features, np.ones(len(X))]), compute_uv=False)
        kappa = (singular[0] / singular[-1]) ** 2
        # k steps leave ((κ − 1)/(κ + 1))ᵏ
        steps = np.ceil(np.log(1000) / np.log((kappa + 1) / (kappa - 1)))
        limit = 2 * len(X) / singular[0] ** 2
        assert cells == [short(x, 1000, 2) for x in (kappa, limit, steps)]


def test_raw_flats_overflow():
    assert outcome(figures.raw_flats()) == "diverged"


def test_rmsprop_swings_by_half_of_its_rate():
    before, last = figures.rmsprop_off()
    assert (abs(before), abs(last)) == pytest.approx((0.005, 0.005), rel=0.01)
    assert before * last < 0
    assert last == pytest.approx(after("RMSProp", 1000)[0] - np.polyfit(*toy_line(), 1)[0], abs=1e-12)


def test_without_an_intercept_the_line_passes_through_the_origin():
    x, y = toy_line()
    slope, error = figures.without_intercept()
    assert slope == pytest.approx(x @ y / (x @ x))
    assert error == pytest.approx(np.mean((slope * x - y) ** 2))


def test_mixed_conventions_double_each_step():
    np.testing.assert_allclose(figures.gradient_ratio(), 2)
    np.testing.assert_allclose(figures.doubled(0.1, 50).w, steps_by_hand(0.2, 50), atol=1e-12)
    assert outcome(figures.doubled(1.0, 50)) == "grew"
    assert outcome(figures.toy_fit(1.0, 50)) == "descending"


def test_collinear_columns_from_zero_end_at_the_shortest_and_from_elsewhere_with_the_same_predictions():
    X, (slope, base) = figures.collinear(), np.polyfit(*toy_line(), 1)
    shortest = figures.collinear_solved()
    assert shortest == pytest.approx([slope / 5, 2 * slope / 5, base])
    assert figures.collinear_from((0, 0, 0)) == pytest.approx(shortest)
    elsewhere = figures.collinear_from((1, -1, 0))
    assert abs(elsewhere - shortest).max() > 0.1
    np.testing.assert_allclose(X @ elsewhere, X @ shortest, atol=1e-6)


def test_updates_of_an_epoch_are_counted():
    assert [figures.updates(100, size) for size in (None, 10, 1)] == [1, 10, 100]
    assert figures.updates(95, 10) == 10


def test_a_step_of_descent_is_two_products_with_the_data():
    m, n = 100_000, 1_000
    products = m * n + m * n  # X @ theta, and X.T @ error
    assert figures.steps_for_a_solution(m, n) * products == m * n * n + n**3


def test_the_mean_of_unequal_batches_is_not_the_batch_gradient():
    x, y = toy_line()
    error = x - y  # at w = 1, b = 0
    full = [np.mean(error * x), np.mean(error)]
    assert figures.mean_of_batches(100) == pytest.approx(full)
    assert figures.mean_of_batches(10) == pytest.approx(full)
    assert abs(figures.mean_of_batches(30)[0] - full[0]) > 0.02


def test_lstsq_loses_fewer_digits_than_the_normal_equations():
    rng = np.random.default_rng(0)
    a = rng.normal(size=100)
    X = np.column_stack([a, a + 1e-6 * rng.normal(size=100), np.ones(100)])
    y = X @ [1.0, 2.0, 3.0]
    solved = np.linalg.norm(closed_form(X, y) - [1, 2, 3])
    normal = np.linalg.norm(np.linalg.solve(X.T @ X, X.T @ y) - [1, 2, 3])
    assert 1000 * solved < normal
