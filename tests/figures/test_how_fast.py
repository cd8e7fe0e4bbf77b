"""What the figures of *How fast can it be?* draw, against arithmetic written out here."""

import math
from fractions import Fraction

import numpy as np
import pytest

from gdbook.descent import descend
from gdbook.figures import how_fast as figures
from gdbook.figures.colours import BEST, DESCENT, INK, MUTED, OF_RULE, ramp
from gdbook.figures.plates.how_fast import along_the_bounds, round_and_round
from gdbook.rules import momentum, nesterov, sgd
from gdbook.site.build.svg import inline_svg
from gdbook.theory import CYCLE, gd_bound, kinked, lower_bound, momentum_best, nesterov_bound, scalar_net

ALL = [
    along_the_bounds,
    figures.speeds,
    figures.worst_function,
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
    (ax,) = along_the_bounds().axes
    kappas, plain = curve(ax, DESCENT)
    np.testing.assert_array_equal(plain, np.ceil(math.log(1 / 1000) / np.log((kappas - 1) / (kappas + 1))))
    _, ball = curve(ax, OF_RULE["momentum"])
    _, fast = curve(ax, OF_RULE["nesterov"])
    assert list(ball) == [figures.worst_steps("heavy ball, tuned", kappa) for kappa in kappas]
    assert list(fast) == [figures.worst_steps("Nesterov, textbook", kappa) for kappa in kappas]
    fewest = np.array([figures.fewest_steps(kappa) for kappa in kappas])
    (area,) = ax.collections
    assert {1.0, *fewest} == set(area.get_paths()[0].vertices[:, 1])
    assert np.all(fewest <= ball)
    assert np.all(ball < fast)
    assert np.all(fast <= plain)


@pytest.mark.parametrize("kappa", [2, 37.5, 400, 20000])
def test_the_plate_counts_the_worst_steps_at_its_knob(kappa):
    counted = [call[3] for call in along_the_bounds.record(kappa=kappa) if call[0] == "text"]
    names = "gradient descent", "Nesterov, textbook", "heavy ball, tuned"
    steps = [*(figures.worst_steps(name, kappa) for name in names), figures.fewest_steps(kappa)]
    assert [int(words.split()[-1].replace(",", "")) for words in counted] == steps


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


def cells(text):
    """The rows of a table, below its head."""
    return [row.strip("| ").split(" | ") for row in text.split("\n")[2:]]


def test_random_starts_need_fewer_steps_than_the_worst():
    took = {
        name: figures.measured_steps(rule, hyper, 100)
        for name, (rule, hyper, _) in figures.settings(100).items()
    }
    for name, _, promised, worst, mean in cells(figures.rates_and_steps()):
        assert int(promised) == figures.promised_steps(name, 100)
        assert max(took[name]) < int(worst) == figures.worst_steps(name, 100)
        assert mean == f"{sum(took[name]) / 5:.0f}"
    assert figures.fewer_than_the_worst() == pytest.approx(1 - min(took["gradient descent"]) / 346)


@pytest.mark.parametrize(
    "name", ["gradient descent", "Nesterov, textbook", "Nesterov, tuned", "heavy ball, tuned"]
)
def test_the_promised_steps_are_the_first_with_a_power_of_the_rate_that_is_small_enough(name):
    for kappa in (100, 1000):
        rate, steps = figures.settings(kappa)[name][2], figures.promised_steps(name, kappa)
        assert rate**steps <= 1 / 1000 < rate ** (steps - 1)


def test_three_speeds():
    slow, linear, fast = map(np.array, figures.three_speeds(200))
    assert slow[200] / slow[199] > 0.99  # tends to 1
    np.testing.assert_allclose(linear[1:] / linear[:-1], 0.8)
    assert slow[200] == pytest.approx(1 / math.sqrt(2 * 0.2 * 200), rel=0.05)  # ẋ = −x³
    np.testing.assert_allclose(fast[2:5] / fast[1:4] ** 2, 0.5, rtol=0.15)  # C = f‴/2f″
    steps = figures.steps_if_linear()
    assert fast[1] ** steps <= fast[5] < fast[1] ** (steps - 1)
    (ax,) = figures.speeds().axes
    np.testing.assert_array_equal(curve(ax, ramp(3)[1])[1], linear[:41])


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
    for colour, name in ((DESCENT, "gradient descent"), (OF_RULE["nesterov"], "accelerated")):
        steps, drawn = curve(ax, colour)
        np.testing.assert_array_equal(steps, np.arange(1, n))
        np.testing.assert_array_equal(drawn, gaps[name])
    k, dots = curve(ax, INK, "None")
    np.testing.assert_allclose(dots, (1 / (k + 1) - 1 / (n + 1)) / 8, rtol=1e-9)


def test_after_50_steps_the_gaps_are_between_the_floor_and_their_bounds():
    """L = 1, R² = Σ(1 − i/(n + 1))²; the bounds are R²/(4k + 2), 2R²/(k + 1)² and 3R²/(32(k + 1)²)."""
    square = sum((1 - i / 102) ** 2 for i in range(1, 102))
    plain, fast, best = (
        figures.worst_gap(name, 50) for name in ("gradient descent", "accelerated", "conjugate")
    )
    floor = (1 / 51 - 1 / 102) / 8
    assert best == pytest.approx(floor, rel=1e-9)
    assert floor == pytest.approx(figures.CHAIN.floor(50))
    assert gd_bound(figures.CHAIN.L, figures.CHAIN.distance, 50) == pytest.approx(square / 202)
    assert nesterov_bound(figures.CHAIN.L, figures.CHAIN.distance, 50) == pytest.approx(2 * square / 51**2)
    assert lower_bound(figures.CHAIN.L, figures.CHAIN.distance, 50) == pytest.approx(3 * square / 32 / 51**2)
    assert 3 * square / 32 / 51**2 <= floor < fast < 2 * square / 51**2
    assert floor < plain < square / 202


def test_no_rule_is_below_the_floor_as_the_page_runs_them():
    assert min(figures.nearest_to_the_floor().values()) >= 1


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


def test_the_plate_draws_the_heavy_ball_and_gradient_descent():
    lr, beta = momentum_best(1, 25)
    for eta, x in ((lr, 3.3), (0.05, -2.5), (0.12, 1.7)):
        calls = round_and_round.record(lr=eta, x=x)
        ends, _, calm, ball = (call[1] for call in calls if call[0] == "dots")
        run = descend(kinked.grad, x, momentum, lr=eta, momentum=beta, steps=300).w
        np.testing.assert_allclose([w for _, w in ball], run[:37], rtol=1e-9, atol=1e-12)
        plain = descend(kinked.grad, x, sgd, lr=2 / 26, steps=36).w
        np.testing.assert_allclose([w for _, w in calm], plain, rtol=1e-9, atol=1e-12)
        assert sorted(ends) == sorted([w, kinked(w)] for w in [point[0] for point in ends])
        if eta == lr:
            np.testing.assert_allclose(sorted({round(w, 9) for w, _ in ends}), sorted(CYCLE), atol=1e-8)


def test_the_plate_says_where_the_ball_ends():
    said = round_and_round.said
    for eta in (0.05, 0.1, 0.113):
        run = abs(descend(kinked.grad, 3.3, momentum, lr=eta, momentum=4 / 9, steps=1000).w)
        assert f"from step {np.flatnonzero(run > 0.001)[-1] + 1} on it stays" in said(lr=eta)
    a, b, c = CYCLE
    assert f"for ever, through {b:.3f}, {c:.3f} and {a:.3f}." in said()
    assert f"its limit is {2 * (1 + 4 / 9) / 25:.4f}." in said(lr=0.12)
    assert "cannot stay" in said(lr=0.1159)
    assert "has not arrived after 300 steps" in said(lr=0.1155)
    assert "arrives" in said(x=2.5)
    slow = descend(kinked.grad, 2.96, momentum, lr=0.1148, momentum=4 / 9, steps=3000).w
    a, b, c = slow[-3:]
    assert f"through {a:.3f}, {b:.3f} and {c:.3f}." in said(x=2.96, lr=0.1148)


def test_the_cycle_is_one_in_fractions():
    """The heavy ball in fractions, from the second and third points, comes back to them."""
    points = figures.exact_cycle()
    assert {point.denominator for point in points} == {1225}
    assert [float(point) for point in points] == pytest.approx(CYCLE, rel=1e-15)
    before, x = points[1:]
    for expected in points:
        before, x = x, x - Fraction(1, 9) * kinked.grad(x) + Fraction(4, 9) * (x - before)
        assert x == expected
    assert not any(1 <= point < 2 for point in points)


def test_the_heavy_ball_visits_three_places_and_one_at_the_smaller_rate():
    assert figures.places(1 / 9) == 3
    assert figures.places(1 / 25) == 1
    assert figures.places(1 / 9, 0.1) == 1
    assert abs(descend(kinked.grad, 3.3, momentum, lr=1 / 25, momentum=4 / 9, steps=3000).w[-1]) < 1e-9


def test_the_table_of_edges_is_where_each_rule_just_stops_to_converge():
    for name, rule in (("gradient descent", sgd), ("heavy ball", momentum), ("Nesterov", nesterov)):
        (edge,) = [float(row[2]) for row in cells(figures.edges()) if row[0] == name]
        hyper = {} if rule is sgd else {"momentum": 0.9}
        # Rounded to four digits: an edge may be off by half of the last.
        for sharpness, converges in ((edge * 0.999, True), (edge * 1.001, False)):
            w = descend(
                lambda w, sharpness=sharpness: sharpness * w, 1.0, rule, lr=0.1, steps=20_000, **hyper
            ).w
            assert (abs(w[-1]) < 1e-3) == converges
    assert [row[2] for row in cells(figures.edges()) if row[0] == "Adam"] == ["380"]


def test_the_edges_are_at_two_over_eta_and_the_runs_end_just_below():
    left, right = figures.edge_of_stability().axes
    for lr, colour in zip((0.12, 0.15), ramp(3)[1:], strict=True):
        (edge,) = set(curve(right, colour, "--")[1])
        assert edge == pytest.approx(2 / lr)
        _, seen = curve(right, colour)
        assert seen[0] < 1
        assert 0.98 * edge < seen[-1] < edge
    x, y = curve(left, BEST, "None")
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
    assert figures.flattest() == pytest.approx(8)
    assert descend(scalar_net.grad, list(scalar_net.start), lr=0.27, steps=5000).diverged_at


def test_the_hops_are_between_two_losses():
    """From (x, y) by (x, y) − η∇f, written out."""
    x, y = scalar_net.start
    losses = []
    for _ in range(5000):
        d = 0.26 * 2 * (x * x * y * y - 1) * x * y
        x, y = x - d * y, y - d * x
        losses.append((x * x * y * y - 1) ** 2 / 2)
    assert sorted(figures.last_hops(0.26)) == pytest.approx(sorted(losses[-2:]), rel=1e-6)


def test_the_table_of_sharpnesses_falls_with_the_rate():
    rows = [[float(cell.rstrip("%")) for cell in row] for row in cells(figures.sharpnesses())]
    assert [row[0] for row in rows] == [0.05, 0.12, 0.15, 0.18, 0.2]
    losses = []
    for lr, edge, _, last, share in rows:
        run, seen = figures.sharpness(lr, 600)
        x, y = run.w[-1]
        assert last == pytest.approx(4 * (x * x + y * y), abs=0.01)  # at a minimum, xy = 1
        assert edge == pytest.approx(2 / lr, abs=0.005)
        assert share == pytest.approx(100 * seen[-1] / (2 / lr), abs=0.05)
        losses.append(run.loss[-1])
    power = figures.power_of_the_losses()
    assert 10.0 ** (power - 1) < max(losses) < 10.0**power


def test_two_layers_obey_the_same_identity_and_end_far_below_the_edge():
    x, y = descend(lambda w: (w[0] * w[1] - 1) * w[::-1], [5.0, 0.1], lr=0.12, steps=600).w.T
    d = 0.12 * (x * y - 1)
    kept = x * x - y * y
    np.testing.assert_allclose(kept[1:], (kept * (1 - d * d))[:-1], rtol=1e-12, atol=1e-14)
    assert x[-1] * y[-1] == pytest.approx(1)
    assert x[-1] ** 2 + y[-1] ** 2 == pytest.approx(figures.two_layers_end())
    assert figures.two_layers_end() < 0.2 * 2 / 0.12


def test_the_steps_are_nearer_to_the_modified_flow():
    (ax,) = figures.flows().axes
    x, y = curve(ax, DESCENT, "None")
    np.testing.assert_allclose(x, 2.5 * 0.9 ** np.arange(11), rtol=1e-12)
    np.testing.assert_allclose(y, 0.5 ** np.arange(11.0), rtol=1e-9)
    t = np.linspace(0, 1, 61)
    # 60 steps of order four: 60 · (6.25/60)⁵/120 of the value at the end
    np.testing.assert_allclose(curve(ax, MUTED, "--")[1], np.exp(-5 * t), rtol=1e-5)
    np.testing.assert_allclose(curve(ax, INK)[1], np.exp(-5 * 1.25 * t), rtol=1e-5)


def test_two_steps_are_off_the_flows_by_what_exponentials_say():
    """On ½λx² the flow is e^(−λt), the modified one e^(−λ(1 + ηλ/2)t); a step multiplies by 1 − ηλ."""
    curvatures, start = np.array([1, 5]), np.array([2.5, 1.0])
    two = start * (1 - 0.1 * curvatures) ** 2
    plain = start * np.exp(-curvatures * 0.2)
    better = start * np.exp(-curvatures * (1 + 0.05 * curvatures) * 0.2)
    expected = [np.linalg.norm(plain - two), np.linalg.norm(better - two)]
    assert figures.off_the_flows() == pytest.approx(expected, rel=1e-4)  # the flow's own steps


def test_the_strongest_name_is_that_of_the_three_speeds():
    slow, linear, fast = figures.three_speeds(200)
    assert figures.strongest_name(slow) == "sublinear"
    assert figures.strongest_name(linear[:40]) == "linear"
    assert figures.strongest_name(fast[:3]) == "linear"  # its constant is not yet one
    assert figures.strongest_name(figures.ERRORS) == "quadratic"
    assert figures.ratios(figures.ERRORS) == pytest.approx([0.1, 0.01, 0.0001])


def test_adam_swings_around_its_edge():
    """38/η, whatever the rate: it rises to it, and the highest and the lowest later lie on either side."""
    for lr in (0.1, 0.2):
        seen = figures.adam_sharpness(lr, 14_000) * lr
        assert seen[0] == pytest.approx(lr)  # the first gradient is 1, its root mean square too
        assert np.all(np.diff(seen[:3000]) > 0)
        late = seen[7000:]
        assert late.min() < 38 < late.max()
        assert late.mean() == pytest.approx(38, rel=0.2)
    late = figures.late_adam_sharpness()
    np.testing.assert_array_equal(late[:7000], figures.adam_sharpness(0.1, 14_000)[7000:])
    assert len(late) == 13_000


@pytest.mark.parametrize("draw", ALL, ids=lambda draw: draw.__name__)
def test_figure_is_small_enough_and_in_the_colours_of_the_house(draw):
    assert len(inline_svg(draw(), "label", "f-").encode()) < 25_000


def test_nesterov_promises_more_from_step_7_on():
    def less(k):  # 2LR²/(k + 1)² below LR²/(4k + 2)
        return 2 * (4 * k + 2) < (k + 1) ** 2

    assert figures.first_better_promise() == 7
    assert [k for k in range(1, 100) if less(k)] == list(range(7, 100))
