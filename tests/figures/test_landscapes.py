"""What the figures of *Landscapes* draw and count, against arithmetic written out here."""

import math

import numpy as np
import pytest
from drawn import rows

from gdbook.figures import landscapes as figures
from gdbook.figures.plates.landscapes import off_the_ridge
from gdbook.functions import himmelblau, rastrigin, saddle, wavy
from gdbook.site.build.svg import inline_svg

ALL = [figures.four_ends, figures.basin_maps, figures.plateau, figures.definite_shares]


def himmelblau_end(x, y, lr, steps):
    """One run in plain arithmetic, from the formula of the loss."""
    for _ in range(steps):
        a, b = x**2 + y - 11, x + y**2 - 7
        x, y = x - lr * (4 * x * a + 2 * b), y - lr * (2 * a + 4 * y * b)
    return x, y


def test_starts_are_the_centres_of_the_cells():
    np.testing.assert_allclose(figures.starts(2, size=1.0)[0], [[-0.5, 0.5], [-0.5, 0.5]])
    assert figures.starts(5).shape == (2, 5, 5)


def test_each_start_of_a_map_is_given_the_minimum_that_its_own_run_ends_in():
    w = figures.starts(7)
    for lr in (figures.CALM_LR, figures.FOUR_LR):
        which = figures.ends(himmelblau, lr, w, 400)
        for cell in np.ndindex(7, 7):
            x, y = himmelblau_end(*w[(slice(None), *cell)], lr, 400)
            distances = [math.hypot(x - a, y - b) for a, b in himmelblau.minima]
            assert which[cell] == np.argmin(distances)
            assert min(distances) < 1e-3


def test_a_run_that_overflows_ends_nowhere():
    which = figures.ends(himmelblau, 0.02, np.array([[7.0, 3.1], [7.0, 2.1]]), 200)
    assert which[0] == -1
    assert himmelblau_end(7.0, 7.0, 0.02, 3)[0] ** 2 > 1e13  # cubed at each further step


def test_a_run_above_the_limit_of_the_narrowest_minimum_jumps_across_it_for_ever():
    narrow, (a, b) = np.array(himmelblau.minima[2]), (-3.5, -3.0)
    late = [np.array(himmelblau_end(a, b, 0.0165, steps)) for steps in (4000, 4001, 4002)]
    np.testing.assert_allclose(late[2], late[0], rtol=1e-12)
    assert (late[0] - narrow) @ (late[1] - narrow) < 0  # one on either side
    w = np.array([[a, 3.0, 7.0], [b, 1.0, 7.0]])
    np.testing.assert_array_equal(figures.jumps(himmelblau, 0.0165, w, 400), [True, False, False])
    assert not figures.jumps(himmelblau, 0.01, w, 400).any()  # below the limit: it settles


def test_edge_cells_of_half_a_map_are_one_row():
    assert figures.edge_cells(np.array([[0, 0, 0], [1, 1, 1], [1, 1, 1]])) == 2
    assert figures.edge_cells(np.zeros((4, 4))) == 0


def test_a_straight_edge_doubles_and_the_ragged_one_grows_faster():
    n = np.array([figures.edge_cells(figures.starts(n)[0] < 0.3) for n in (64, 128)])
    assert n[1] / n[0] == pytest.approx(2, abs=0.02)  # one cell of 63
    assert figures.edge_growth(figures.RAGGED_LR)[-1] > figures.edge_growth(figures.FOUR_LR)[-1] + 0.1


def test_the_saddle_is_left_after_the_logarithm_of_the_distance():
    for lr in (0.1, 0.5):
        for y0 in (1e-2, 1e-4, 1e-8):
            y, steps = y0, 0
            while y <= 0.5:
                y, steps = y + lr * (y - y**3), steps + 1
            assert figures.steps_to_leave(y0, lr) == steps
            # y³ slows the last steps only: by less than three
            assert 0 <= steps - math.log(0.5 / y0) / math.log(1 + lr) < 3


@pytest.mark.parametrize("lr", [0.08, 0.1, 0.37, 0.9])
@pytest.mark.parametrize("y0", [1e-8, 1e-4, 0.03, 0.4])
def test_the_plate_s_run_grows_in_a_straight_line_and_leaves_when_it_says(lr, y0):
    calls = off_the_ridge.record(y=y0, lr=lr)
    path, theory, away = (call[1] for call in calls if call[0] == "path")
    x, y = np.transpose(path)
    np.testing.assert_allclose(x, 1.8 * (1 - lr) ** np.arange(241), rtol=1e-12)
    np.testing.assert_array_equal([height for _, height in away], y)
    early = y[y < 1e-3]  # there y² is below 1e-6
    np.testing.assert_allclose(early[1:] / early[:-1], 1 + lr, rtol=1e-6)
    (_, low), (at, high) = theory
    assert low == y0
    assert (1 + lr) ** at == pytest.approx(high / y0, rel=1e-12)
    said = off_the_ridge.said(y=y0, lr=lr)
    expected = math.log(0.5 / y0) / math.log(1 + lr)
    if expected < 150:  # then enough steps are left to settle
        assert y[-1] == pytest.approx(1, abs=1e-6)
    assert f"after {figures.steps_to_leave(y0, lr)} step" in said
    assert f"would take {expected:.1f}." in said


def test_the_gradient_of_the_saturated_unit_is_its_slope_and_vanishes_like_an_exponential():
    for w in (-3.0, -0.4, 0.7):
        h = 6e-6  # cube root of eps: central difference, error about 1e-10
        slope = (figures.saturated(w + h) - figures.saturated(w - h)) / (2 * h)
        assert figures.saturated_grad(w) == pytest.approx(slope, abs=1e-9)
    assert figures.saturated_grad(-8.0) == pytest.approx(-8 * math.exp(-16), rel=1e-6)


def test_the_plain_is_crossed_in_about_e_to_the_2w_over_16_eta_steps():
    for w0 in (-4.0, -5.0):
        predicted = math.exp(-2 * w0) / (16 * 0.5)
        # what the tail leaves out is a few steps, not a share
        assert 0 < figures.steps_across(figures.saturated_grad, w0, 0.5) - predicted < 10


def test_the_plateau_falls_where_the_unit_crosses_zero():
    (ax,) = figures.plateau().axes
    for line, words in zip(ax.lines, ax.texts, strict=True):
        x, y = line.get_data()
        gone = words.xy[0]
        assert np.interp(0.8 * gone, x, y) > 1.2
        assert np.interp(1.2 * gone + 3, x, y) < 0.4


def test_pivots_find_the_matrices_whose_eigenvalues_are_all_positive():
    for n in (1, 2, 3):
        a = np.random.default_rng(7).normal(size=(2000, n, n))
        eigenvalues = np.linalg.eigvalsh(a + a.transpose(0, 2, 1))
        assert figures.definite_share(n, 2000, 7) == np.mean(eigenvalues[:, 0] > 0)


def test_the_share_for_two_and_three_dimensions_is_the_exact_one():
    exact = {2: (1 - math.cos(math.pi / 4)) / 2, 3: 1 / 4 - 1 / (math.sqrt(2) * math.pi)}
    for n, p in exact.items():
        count = figures.SEEDS * figures.MATRICES
        share = np.mean([figures.definite_share(n, figures.MATRICES, s) for s in range(figures.SEEDS)])
        assert abs(share - p) < 4 * math.sqrt(p * (1 - p) / count)  # four standard errors


def test_a_negative_number_has_a_true_minus_sign():
    assert [figures.signed(number, 1) for number in (-1.25, 0.5)] == ["−1.2", "0.5"]


def test_four_neighbours_end_in_four_places():
    minima, ends = set(), []
    for x, y in figures.FOUR_STARTS:
        end = himmelblau_end(x, y, figures.FOUR_LR, 100)
        minimum = min(himmelblau.minima, key=lambda m: math.dist(m, end))
        assert math.dist(minimum, end) < 1e-4
        minima.add(minimum)
        ends.append(end)
    assert len(minima) == 4
    pairs = zip(figures.FOUR_STARTS, figures.FOUR_STARTS[1:], strict=False)
    assert figures.four_gaps() == pytest.approx([math.dist(a, b) for a, b in pairs])
    assert figures.four_apart() == pytest.approx(math.dist(ends[1], ends[3]))


def test_a_step_at_the_crossing_limit_lands_on_the_hump():
    for x in (1.6, 2.6):
        assert x - figures.crossing_limit(x) * (x**3 - 2 * x) == pytest.approx(0, abs=1e-12)


def test_a_step_on_the_double_well_crosses_the_hump_above_the_limit_and_every_run_settles():
    for lr in (0.1, 0.2, 0.3, 0.4):
        path = figures.double_well_path(lr)
        assert path[1] == pytest.approx(2.6 - lr * (2.6**3 - 2 * 2.6))
        assert (path[1] < 0) == (lr > figures.crossing_limit(2.6))
        assert abs(abs(path[-1]) - 2**0.5) < 1e-6
        assert (
            f"| {lr} | {figures.signed(path[1], 3)} | {figures.signed(path[-1], 4)} |" in figures.crossings()
        )


def himmelblau_ends(w, lr, steps):
    """The index of the minimum near which each run in plain arithmetic ends, −1 where there is none."""
    with np.errstate(over="ignore", invalid="ignore"):
        x, y = himmelblau_end(*w, lr, steps)
        near = [np.hypot(x - a, y - b) < 0.1 for a, b in himmelblau.minima]
    return np.where(np.any(near, axis=0), np.argmax(near, axis=0), -1)


def test_runs_are_lost_or_change_their_end_as_those_in_plain_arithmetic():
    # The edge is so ragged that rounding may move a few starts across: here two of 4,096.
    far = himmelblau_ends(figures.starts(128), figures.RAGGED_LR, 400)
    assert figures.lost() == pytest.approx(np.mean(far < 0), abs=0.0005)
    calm, ragged = (himmelblau_ends(figures.INNER, lr, 400) for lr in (figures.FOUR_LR, figures.RAGGED_LR))
    assert figures.moved() == pytest.approx(np.mean(calm != ragged), abs=0.0005)


def test_both_rates_of_the_maps_are_below_the_limits_and_the_larger_one_has_the_ragged_edge():
    for limit, (x, y) in zip(figures.minimum_limits(), himmelblau.minima, strict=True):
        hess = [[12 * x**2 + 4 * y - 42, 4 * (x + y)], [4 * (x + y), 4 * x + 12 * y**2 - 26]]
        assert limit == pytest.approx(2 / np.linalg.eigvalsh(hess)[-1])
    assert figures.CALM_LR < figures.RAGGED_LR < min(figures.minimum_limits())
    assert np.all(figures.edge_growth(figures.RAGGED_LR) > 2.1)
    assert figures.edge_growth(figures.FOUR_LR)[-1] < 2.1


def test_few_starts_near_the_middle_change_their_end():
    other = figures.ends(himmelblau, figures.FOUR_LR, figures.INNER, 200)
    assert np.array_equal(other, figures.inner_ends(figures.FOUR_LR))
    assert 0 < figures.moved() < 0.05


def test_above_the_limit_of_the_narrowest_minimum_runs_are_caught_and_far_above_thrown_out():
    low, high = min(figures.minimum_limits()), max(figures.minimum_limits())
    assert low < figures.OVER < figures.FAR_OVER < high
    over = figures.inner_ends(figures.OVER)
    assert np.array_equal(figures.caught(), over < 0)
    assert not np.any(over == figures.minimum_limits().index(low))
    assert 0.5 * figures.in_the_narrowest().sum() < figures.caught().sum()
    assert 0.9 < figures.thrown() <= 1
    assert figures.widest() == himmelblau.minima[figures.minimum_limits().index(high)]


def test_the_table_of_escapes_has_the_counts_beside_a_formula_that_is_less_than_three_off():
    for (_, *cells), eps in zip(rows(figures.leaving()), (1e-2, 1e-4, 1e-8, 1e-16), strict=True):
        for counted, formula, lr in zip(cells[::2], cells[1::2], (0.1, 0.5), strict=True):
            assert int(counted) == figures.steps_to_leave(eps, lr)
            assert formula == f"{math.log(0.5 / eps) / math.log(1 + lr):.1f}"
            assert 0 <= int(counted) - float(formula) < 3


def test_on_the_plain_steps_grow_exponentially_and_on_log_cosh_evenly():
    table = rows(figures.on_the_plain())
    steps, formula, straight = np.array(
        [[float(cell.replace(",", "")) for cell in row[2:]] for row in table]
    ).T
    np.testing.assert_allclose(formula[1:] / formula[:-1], math.exp(2), rtol=0.05)  # whole steps
    assert np.all(abs(steps - formula) < 10)
    assert set(np.diff(straight)) <= {2, 3}  # a slope of nearly 1 with η = ½: two steps a unit
    assert [row[0] for row in table] == ["−2", "−3", "−4", "−5"]


def test_without_momentum_the_middle_basin_is_found_at_each_stable_rate_and_with_it_more():
    plain, heavy = figures.found(0.0), figures.found(0.9)
    stable = 2 / wavy.hess(0.0) > figures.RATES
    crest = next(x for x in np.linspace(0.5, 2, 15_001) if wavy.grad(x) < 0)
    assert stable.sum() > 4
    # the basin is between the two crests beside 0; the starts are 0.05 apart
    np.testing.assert_allclose(plain[stable], 2 * crest / 12, atol=0.05 / 6)
    assert heavy.max() > 2 * plain.max()
    assert heavy[0] == pytest.approx(plain[0], abs=0.005)  # "gains nothing"
    written = [[f"{0.01 * 2**k:g}", f"{plain[k]:.0%}", f"{heavy[k]:.0%}"] for k in range(8)]
    assert rows(figures.wavy_found()) == written


def test_the_table_of_definite_matrices_has_all_seeds_and_what_is_known():
    exact = {1: "0.50000", 2: f"{(1 - math.cos(math.pi / 4)) / 2:.5f}", 3: "0.02492", 4: "", 5: ""}
    for (n, *cells), size in zip(rows(figures.definite()), figures.SIZES, strict=True):
        seeds = [figures.definite_share(size, figures.MATRICES, seed) for seed in range(figures.SEEDS)]
        assert figures.mean_share(size) == pytest.approx(sum(seeds) / len(seeds))
        assert figures.shares_of(size).tolist() == seeds
        means = [f"{share:.5f}" for share in (np.mean(seeds), min(seeds), max(seeds))]
        assert [n, *cells] == [str(size), *means, exact[size]]


def test_rastrigin_has_a_maximum_between_any_two_minima():
    assert figures.minima_along() ** 2 == len(rastrigin.minima)
    assert figures.turns() == 2 * figures.minima_along() - 1


def test_the_maps_show_the_minima_and_the_four_paths_end_in_them():
    for ax in figures.basin_maps().axes:
        shown = {tuple(np.ravel(line.get_xydata())) for line in ax.lines}
        assert shown == set(himmelblau.minima)
    (ax,) = figures.four_ends().axes
    paths = [line.get_xydata() for line in ax.lines if len(line.get_xydata()) > 2]
    for path, minimum in zip(paths, himmelblau.minima, strict=True):
        np.testing.assert_allclose(
            path[-1], himmelblau_end(*path[0], figures.FOUR_LR, len(path) - 1), rtol=1e-12
        )
        assert np.hypot(*(path[-1] - minimum)) < 0.3


def test_the_saddle_itself_holds_a_run_that_starts_on_its_line():
    w = np.array([1.8, 0.0])
    for _ in range(1000):
        w = w - 0.1 * saddle.grad(w)
    assert w[1] == 0
    assert abs(w[0]) < 1e-12


@pytest.mark.parametrize("draw", ALL, ids=lambda draw: draw.__name__)
def test_each_figure_becomes_a_small_svg(draw):
    assert draw.__doc__
    assert len(inline_svg(draw(), "what it shows", "f-")) < 32_000


def test_with_equal_variances_other_shares_are_positive_definite():
    a, b, d = np.random.default_rng(5).normal(size=(3, 400_000))
    counted = np.mean((a > 0) & (a * d > b * b))  # two pivots
    assert figures.share_with_equal_variances() == pytest.approx(counted, abs=4 * math.sqrt(0.1 / a.size))
    exact = (1 - math.cos(math.pi / 4)) / 2  # of the Gaussian orthogonal ensemble
    assert figures.mean_share(2) == pytest.approx(exact, abs=0.003)
    assert figures.share_with_equal_variances() < exact - 0.03
