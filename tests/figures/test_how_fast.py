"""What the figures of *How fast can it be?* draw, against arithmetic written out here."""

import math

import numpy as np
import pytest

from gdbook.descent import descend
from gdbook.figures import how_fast as figures
from gdbook.figures.house import BLUE, GREEN, INK, MUTED, PURPLE, RED, RULE_COLOURS, TEAL
from gdbook.rules import sgd
from gdbook.site.svg import inline_svg

ALL = [
    figures.steps_of_the_rules,
    figures.speeds,
    figures.worst_function,
    figures.heavy_ball_cycle,
    figures.edge_of_stability,
    figures.flows,
]


def curve(ax, colour, style="-"):
    """The longest line of a colour and a style: its x and y."""
    drawn = [line for line in ax.lines if line.get_color() == colour and line.get_linestyle() == style]
    longest = max(drawn, key=lambda line: len(line.get_xdata()))
    return np.asarray(longest.get_xdata(), float), np.asarray(longest.get_ydata(), float)


@pytest.mark.parametrize("kappa", [4.0, 100.0])
def test_rates_of_the_settings(kappa):
    root, more = math.sqrt(kappa), math.sqrt(3 * kappa + 1)
    expected = {
        "gradient descent": (kappa - 1) / (kappa + 1),
        "Nesterov, textbook": 1 - 1 / root,
        "Nesterov, tuned": 1 - 2 / more,
        "heavy ball, tuned": (root - 1) / (root + 1),
    }
    rates = {name: setting[2] for name, setting in figures.settings(kappa).items()}
    assert rates == pytest.approx(expected, abs=1e-7)  # double roots: half the digits


def test_steps_are_drawn_and_no_rule_is_in_the_grey():
    (ax,) = figures.steps_of_the_rules().axes
    kappas, plain = curve(ax, BLUE)
    np.testing.assert_array_equal(plain, np.ceil(math.log(1 / 1000) / np.log((kappas - 1) / (kappas + 1))))
    _, ball = curve(ax, RULE_COLOURS["momentum"])
    _, fast = curve(ax, RULE_COLOURS["nesterov"])
    assert list(ball) == [figures.worst_steps("heavy ball, tuned", kappa) for kappa in kappas]
    assert list(fast) == [figures.worst_steps("Nesterov, textbook", kappa) for kappa in kappas]
    fewest = np.array([figures.fewest_steps(kappa) for kappa in kappas])
    (area,) = ax.collections
    assert {1.0, *fewest} == set(area.get_paths()[0].vertices[:, 1])
    assert np.all(fewest <= ball)
    assert np.all(ball < fast)
    assert np.all(fast <= plain)


@pytest.mark.parametrize("kappa", [30.0, 100.0, 1000.0])
def test_the_worst_steps_from_the_closed_forms_of_equal_roots(kappa):
    """Where both roots are ρ the error is (1 + ct) ρᵗ, c from the first step; elsewhere it is no worse."""
    t = np.arange(5000)

    def steps(error):
        return 1 + t[error > 1 / 1000][-1]

    root = math.sqrt(kappa)
    ball = (root - 1) / (root + 1)
    assert figures.worst_steps("heavy ball, tuned", kappa) == steps((1 + (1 + ball) * t) * ball**t)
    textbook = 1 - 1 / root  # the point ahead: w₁ = (1 − (1 + β)ημ) w₀
    c = (1 - (1 + ball) / kappa) / textbook - 1
    assert figures.worst_steps("Nesterov, textbook", kappa) == steps((1 + c * t) * textbook**t)
    tuned, lr = 1 - 2 / math.sqrt(3 * kappa + 1), 4 / (3 * kappa + 1)
    more = math.sqrt(3 * kappa + 1)
    c = (1 - (1 + (more - 2) / (more + 2)) * lr) / tuned - 1
    assert figures.worst_steps("Nesterov, tuned", kappa) == steps((1 + c * t) * tuned**t)


@pytest.mark.parametrize("name", ["Nesterov, textbook", "Nesterov, tuned", "heavy ball, tuned"])
def test_no_curvature_between_is_worse_than_both_ends(name):
    rule, hyper, _ = figures.settings(200.0)[name]
    curvatures = np.geomspace(1, 200, 400)
    w = descend(lambda w: curvatures * w, np.ones(400), rule, 500, **hyper).w
    assert 1 + np.nonzero(np.abs(w).max(axis=1) > 1 / 1000)[0][-1] == figures.worst_steps(name, 200.0)


def test_the_fewest_steps_are_the_first_chebyshev_polynomial_that_is_large_enough():
    for kappa in (2.0, 100.0, 10_000.0):
        x = (kappa + 1) / (kappa - 1)
        before, now, k = 1.0, x, 1  # T₀, T₁; T_{k + 1} = 2x T_k − T_{k − 1}
        while now < 1000:
            before, now, k = now, 2 * x * now - before, k + 1
        assert figures.fewest_steps(kappa) == k


def test_measured_steps_are_the_last_that_are_too_far_and_one():
    """On one curvature gradient descent multiplies by 1 − ηλ: with ½, 10 steps give less than 1/1000."""
    assert figures.measured_steps(sgd, {"lr": 0.5}, 1.0, starts=2, dim=3, most=50) == [10, 10]


def test_three_speeds():
    slow, linear, fast = map(np.array, figures.three_speeds(200))
    assert slow[200] / slow[199] > 0.99  # tends to 1
    np.testing.assert_allclose(linear[1:] / linear[:-1], 0.8)
    assert slow[200] == pytest.approx(1 / math.sqrt(2 * 0.2 * 200), rel=0.05)  # ẋ = −x³
    np.testing.assert_allclose(fast[2:5] / fast[1:4] ** 2, 0.5, rtol=0.15)  # C = f‴/2f″
    (ax,) = figures.speeds().axes
    np.testing.assert_array_equal(curve(ax, BLUE)[1], linear[:41])


def test_no_curve_crosses_the_floor_of_the_worst_function():
    gaps = figures.worst_gaps(21)
    k = np.arange(1, 21)
    floor = (1 / (k + 1) - 1 / 22) / 8
    for gap in gaps.values():
        assert np.all(gap >= floor * (1 - 1e-9))
    np.testing.assert_allclose(gaps["conjugate"], floor, rtol=1e-9)
    assert np.all(gaps["accelerated"][5:] < gaps["gradient descent"][5:])


def test_worst_function_draws_these():
    (ax,) = figures.worst_function().axes
    gaps, n = figures.worst_gaps(), figures.WORST
    for colour, name in ((BLUE, "gradient descent"), (RULE_COLOURS["nesterov"], "accelerated")):
        steps, drawn = curve(ax, colour)
        np.testing.assert_array_equal(steps, np.arange(1, n))
        np.testing.assert_array_equal(drawn, gaps[name])
    k, dots = curve(ax, INK, "None")
    np.testing.assert_allclose(dots, (1 / (k + 1) - 1 / (n + 1)) / 8, rtol=1e-9)


def test_the_rules_of_the_book_stay_above_the_floor():
    factors = figures.nearest_to_the_floor(k=5, rates=5)
    assert {"sgd", "momentum", "adam"} <= set(factors)
    assert min(factors.values()) >= 1
    # gradient descent, written out: the least loss of five steps at each of the five rates
    chain = (2 * np.eye(11) - np.eye(11, k=1) - np.eye(11, k=-1)) / 4
    pull = np.eye(11)[0] / 4
    losses = []
    for lr in np.geomspace(0.01, 8, 5):
        x = np.zeros(11)
        for _ in range(5):
            x = x - lr * (chain @ x - pull)
            losses.append(x @ chain @ x / 2 - pull @ x)
    gap = min(losses) + 11 / 12 / 8
    assert factors["sgd"] == pytest.approx(gap / ((1 / 6 - 1 / 12) / 8))


def test_the_cycle_is_drawn_where_the_run_ends():
    left, right = figures.heavy_ball_cycle(steps=200).axes
    points = np.sort(curve(left, RED, "None")[0])
    _, x = curve(right, RED)
    np.testing.assert_allclose(np.sort(x[-3:]), points, atol=1e-9)
    _, calm = curve(right, BLUE)
    assert abs(calm[-1]) < 1e-6


def test_the_edges_are_at_two_over_eta_and_the_runs_end_just_below():
    left, right = figures.edge_of_stability().axes
    for lr, colour in ((0.12, TEAL), (0.15, PURPLE)):
        (edge,) = set(curve(right, colour, "--")[1])
        assert edge == pytest.approx(2 / lr)
        _, seen = curve(right, colour)
        assert seen[0] < 1
        assert 0.98 * edge < seen[-1] < edge
    x, y = curve(left, GREEN, "None")
    assert x * y == pytest.approx(1)
    assert 4 * (x * x + y * y) == pytest.approx(2 / 0.15)


def test_a_step_shrinks_the_difference_of_the_squares():
    """x² − y² ← (x² − y²)(1 − d²), as the page derives."""
    run, _ = figures.sharpness(0.15, 40)
    x, y = run.w.T
    d = 2 * 0.15 * (x * x * y * y - 1) * x * y
    kept = x * x - y * y
    np.testing.assert_allclose(kept[1:], (kept * (1 - d * d))[:-1], rtol=1e-12)


def test_a_larger_rate_ends_in_a_flatter_minimum_up_to_a_quarter():
    """The flattest minimum has sharpness 8 = 2/0.25: what is above that rate has nowhere to end."""
    lasts = [figures.sharpness(lr, 600)[1][-1] for lr in (0.05, 0.1, 0.15, 0.2, 0.24)]
    assert np.all(np.diff(lasts) < 0)
    assert 8 < lasts[-1] < 2 / 0.24
    run, _ = figures.sharpness(0.26, 2000)
    assert np.all(run.loss[-100:] > 1e-3)


def test_two_layers_obey_the_same_identity_and_end_far_below_the_edge():
    x, y = descend(lambda w: (w[0] * w[1] - 1) * w[::-1], [5.0, 0.1], lr=0.12, steps=600).w.T
    d = 0.12 * (x * y - 1)
    kept = x * x - y * y
    np.testing.assert_allclose(kept[1:], (kept * (1 - d * d))[:-1], rtol=1e-12, atol=1e-14)
    assert x[-1] * y[-1] == pytest.approx(1)
    assert x[-1] ** 2 + y[-1] ** 2 < 0.2 * 2 / 0.12


def test_the_steps_are_nearer_to_the_modified_flow():
    (ax,) = figures.flows().axes
    x, y = curve(ax, BLUE, "None")
    np.testing.assert_allclose(x, 2.5 * 0.9 ** np.arange(11), rtol=1e-12)
    np.testing.assert_allclose(y, 0.5 ** np.arange(11.0), rtol=1e-9)
    t = np.linspace(0, 1, 61)
    # 60 steps of order four: 60 · (6.25/60)⁵/120 of the value at the end
    np.testing.assert_allclose(curve(ax, MUTED, "--")[1], np.exp(-5 * t), rtol=1e-5)
    np.testing.assert_allclose(curve(ax, GREEN)[1], np.exp(-5 * 1.25 * t), rtol=1e-5)


def test_adam_swings_around_its_edge():
    """38/η, whatever the rate: it rises to it, and the highest and the lowest later lie on either side."""
    for lr in (0.1, 0.2):
        seen = figures.adam_sharpness(lr, 14_000) * lr
        assert seen[0] == pytest.approx(lr)  # the first gradient is 1, its root mean square too
        assert np.all(np.diff(seen[:3000]) > 0)
        late = seen[7000:]
        assert late.min() < 38 < late.max()
        assert late.mean() == pytest.approx(38, rel=0.2)


@pytest.mark.parametrize("draw", ALL, ids=lambda draw: draw.__name__)
def test_figure_is_small_enough_and_in_the_colours_of_the_house(draw):
    assert len(inline_svg(draw(), "label", "f-").encode()) < 25_000
