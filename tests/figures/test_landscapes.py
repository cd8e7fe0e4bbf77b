"""What the figures of *Landscapes* draw and count, against arithmetic written out here."""

import math

import numpy as np
import pytest

from gdbook.figures import landscapes as figures
from gdbook.functions import himmelblau, saddle
from gdbook.site.svg import inline_svg

ALL = [figures.four_ends, figures.basin_maps, figures.escapes, figures.plateau, figures.definite_shares]


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


def test_the_escapes_are_straight_lines_of_slope_log_one_plus_eta():
    (ax,) = figures.escapes(lr=0.2).axes
    lines = [line.get_ydata() for line in ax.lines if len(line.get_ydata()) > 2]
    assert [line[0] for line in lines] == [1e-2, 1e-4, 1e-8]
    for y in lines:
        early = y[y < 1e-3]  # there y² is below 1e-6
        np.testing.assert_allclose(early[1:] / early[:-1], 1.2, rtol=1e-6)
        assert y[-1] == pytest.approx(1, abs=1e-6)


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
