"""What the figures of *The learning rate* draw, against arithmetic written out here."""

import numpy as np
import pytest
from drawn import line, rows

from gdbook.descent import descend
from gdbook.figures import learning_rate as figures
from gdbook.figures.colours import BEST, DESCENT, DIVERGES, ramp
from gdbook.figures.plates.learning_rate import path_and_factors
from gdbook.site.build.svg import inline_svg
from gdbook.theory import gd_best_lr, gd_rate, steps_to

ALL = [
    figures.three_rates,
    figures.four_regimes,
    figures.either_side_of_the_limit,
    figures.rate_against_lr,
    figures.range_test,
]


def losses(lr, epochs):
    """The source program: plain sums for w and b, no matrix. ``lr`` may be a rate for each epoch."""
    np.random.seed(42)
    x = np.linspace(0, 1, 100)
    y = 2 * x + 1 + np.random.normal(0, 0.1, 100)
    w = b = 0.0
    out = []
    for rate in np.broadcast_to(lr, epochs):
        error = w * x + b - y
        out.append(np.mean(error**2))
        w, b = w - rate * 2 * np.mean(error * x), b - rate * 2 * np.mean(error)
    return np.array([*out, np.mean((w * x + b - y) ** 2)])


def hessian():
    x = np.linspace(0, 1, 100)
    return 2 * np.array([[np.mean(x * x), np.mean(x)], [np.mean(x), 1]])


LIMIT = 2 / np.linalg.eigvalsh(hessian())[1]


def limit_line(ax):
    (found,) = [drawn for drawn in ax.lines if drawn.get_color() == DIVERGES and len(drawn.get_xdata()) == 2]
    return found.get_xdata()[0]


def test_curvatures_of_the_toy_line():
    assert figures.toy_curvatures() == pytest.approx((0.13410, 2.53593), abs=5e-6)


def test_least_loss_is_where_the_gradient_vanishes():
    # At η = 0.7 the distance shrinks by 0.906 an epoch: 2,000 epochs leave only rounding.
    assert figures.toy_least_loss() == pytest.approx(losses(0.7, 2000)[-1], rel=1e-12)


def test_three_rates_plots_the_losses_of_the_source_program():
    (ax,) = figures.three_rates().axes
    for lr, colour, style in zip((0.01, 0.1, 0.5), ramp(3), (":", "--", "-"), strict=True):
        np.testing.assert_allclose(line(ax, colour, style)[1], losses(lr, 100), rtol=1e-12)


def test_three_rates_has_what_the_source_asks_for():
    (ax,) = figures.three_rates().axes
    assert ax.get_title(loc="left")
    assert [text.get_text() for text in ax.get_legend().get_texts()][:3] == ["η = 0.01", "η = 0.1", "η = 0.5"]
    assert all(grid.get_visible() for grid in ax.get_xgridlines() + ax.get_ygridlines())


def test_each_regime_multiplies_the_error_by_its_factor():
    colours = {0.5: DESCENT, 1.0: BEST, 1.5: DESCENT, 2.1: DIVERGES}
    axes = figures.four_regimes().axes
    assert len(axes) == len(colours)
    for ax, (product, colour) in zip(axes, colours.items(), strict=True):
        errors, loss = line(ax, colour)
        np.testing.assert_allclose(errors, (1 - product) ** np.arange(6), atol=1e-15)
        np.testing.assert_allclose(loss, errors**2 / 2)
        assert ax.get_title(loc="left").startswith(f"ηλ = {product:g}:")


def test_078_falls_and_080_rises():
    (ax,) = figures.either_side_of_the_limit().axes
    below, above = line(ax, DESCENT)[1], line(ax, DIVERGES)[1]
    assert np.all(np.diff(below) < 0)
    assert np.all(np.diff(above) > 0)
    np.testing.assert_allclose(above, losses(0.80, 200), rtol=1e-9)
    assert 0.78 < LIMIT < 0.80


def test_factor_is_the_spectral_radius_of_one_step():
    (ax,) = figures.rate_against_lr().axes
    corners, factors = line(ax, DESCENT)
    for lr in np.linspace(0, 0.95, 20):
        step = np.eye(2) - lr * hessian()
        drawn = np.interp(lr, corners, factors)
        assert drawn == pytest.approx(np.abs(np.linalg.eigvalsh(step)).max(), abs=1e-12)


def test_best_is_the_lowest_point_of_the_factor_and_limit_is_where_it_passes_one():
    (ax,) = figures.rate_against_lr().axes
    corners, factors = line(ax, DESCENT)
    (dot,) = [drawn for drawn in ax.lines if drawn.get_marker() == "o"]
    assert dot.get_xdata()[0] == pytest.approx(corners[np.argmin(factors)])
    assert dot.get_ydata()[0] == pytest.approx(factors.min())
    assert limit_line(ax) == pytest.approx(LIMIT)
    assert np.interp(LIMIT, corners, factors) == pytest.approx(1)


def test_ramp_grows_by_the_same_factor():
    lrs = figures.ramp(100)
    assert (lrs[0], lrs[-1]) == pytest.approx((0.001, 10))
    np.testing.assert_allclose(lrs[1:] / lrs[:-1], 10_000 ** (1 / 99))


def test_range_test_marks_the_limit_between_rates_that_fell_and_rates_that_grew():
    (ax,) = figures.range_test().axes
    lrs, final = line(ax, DESCENT)
    start = losses(0, 0)[0]
    assert limit_line(ax) == pytest.approx(LIMIT)
    assert np.all(final[lrs < LIMIT] < start)
    assert not np.any(final[lrs > LIMIT] < start)


def test_rising_run_is_lowest_beyond_the_limit():
    (ax,) = figures.range_test().axes
    lrs, loss = line(ax, DESCENT, "--")
    assert lrs[np.nanargmin(loss)] > 2 * LIMIT
    # After the first step, with η = 0.001, as the source program has it.
    assert loss[0] == pytest.approx(losses(0.001, 1)[1], rel=1e-12)


def test_the_best_line_is_numpys_fit():
    x = np.linspace(0, 1, 100)
    np.random.seed(42)
    y = 2 * x + 1 + np.random.normal(0, 0.1, 100)
    assert figures.toy_best() == pytest.approx(np.polyfit(x, y, 1), rel=1e-12)


def test_kappa_and_limit_are_those_of_the_hessian():
    assert figures.toy_kappa() == pytest.approx(np.linalg.cond(hessian()))
    assert figures.toy_limit() == pytest.approx(LIMIT)


@pytest.mark.parametrize(("lr", "word"), [(0.77, "converged"), (0.82, "grew"), (0.01, "descending")])
def test_outcomes_either_side_of_the_limit(lr, word):
    assert figures.toy_outcome(lr, 500) == word


def test_started_on_its_worst_direction_each_run_takes_as_many_epochs_as_predicted():
    curvatures, directions = np.linalg.eigh(hessian())
    for lr in (0.01, 0.1, 0.5, gd_best_lr(*curvatures), 0.78):
        worst = directions[:, np.argmax(abs(1 - lr * curvatures))]
        predicted = steps_to(1 / 1000, gd_rate(lr, *curvatures))
        far = np.linalg.norm(descend(lambda e: hessian() @ e, worst, lr=lr, steps=predicted + 1).w, axis=1)
        assert np.argmax(far <= far[0] / 1000) == predicted


def test_epochs_to_a_thousandth_are_no_more_than_the_worst_direction_needs():
    low, high = np.linalg.eigvalsh(hessian())
    for lr in (0.1, 0.5, 0.74, 0.78):
        bound = steps_to(1 / 1000, gd_rate(lr, low, high))
        assert 0.5 * bound < figures.epochs_to_a_thousandth(lr) <= bound


# Of 1,000 rates three or four around the lowest have losses alike to within rounding.
@pytest.mark.parametrize(("steps", "tolerance"), [(100, 1e-12), (1000, 0.03)])
def test_the_lowest_loss_of_a_range_test_is_that_of_the_source_program_with_rising_rates(steps, tolerance):
    rates = figures.ramp(steps)
    with np.errstate(over="ignore", invalid="ignore"):
        lowest = rates[np.nanargmin(losses(rates, steps)[1:])]
    assert figures.range_test_lowest(steps) == pytest.approx(lowest, rel=tolerance)


def test_the_tenth_of_a_short_range_test_is_below_the_limit():
    assert figures.range_test_lowest(100) / 10 < LIMIT < figures.range_test_lowest(100)


def test_overflows_are_where_the_source_program_overflows():
    table = rows(figures.overflows())
    assert [row[0] for row in table] == ["0.8", "1", "2", "10"]
    with np.errstate(over="ignore", invalid="ignore"):
        for rate, _, diverged in table[1:]:
            loss = losses(float(rate), 900)
            # Sums in another order may pass the largest float one epoch earlier or later.
            assert int(diverged) == pytest.approx(np.argmax(~np.isfinite(loss)), abs=1)


def test_a_hundred_times_x_lowers_the_limit_as_its_square():
    assert figures.limit_with(1) == pytest.approx(LIMIT)
    assert figures.limit_with(10) < 0.1 < figures.limit_with(1)
    assert figures.limit_with(1000) / figures.limit_with(100) == pytest.approx(1 / 100, rel=1e-3)


def test_the_table_of_scales_has_the_limit_and_kappa_of_each_column():
    x = np.linspace(0, 1, 100)
    columns = x, 10 * x, 100 * x, (x - x.mean()) / x.std()
    for (_, limit, kappa), column in zip(rows(figures.scales()), columns, strict=True):
        singular = np.linalg.svd(np.column_stack([column, np.ones(100)]), compute_uv=False)
        assert float(limit) == pytest.approx(100 / singular[0] ** 2, rel=0.005)
        assert float(kappa.replace(",", "")) == pytest.approx((singular[0] / singular[1]) ** 2, abs=0.0051)


def test_standardized_one_step_reaches_the_best_line():
    z = figures.standardized()
    assert (z.mean(), z.std()) == pytest.approx((0, 1), abs=1e-12)
    low, high = figures.curvatures_with(z)
    assert (low, high) == pytest.approx((2, 2))
    y = np.random.default_rng(0).normal(size=100)
    step = gd_best_lr(low, high) * 2 * np.array([np.mean(y * z), np.mean(y)])
    assert step == pytest.approx(np.polyfit(z, y, 1), abs=1e-12)


@pytest.mark.parametrize("draw", ALL, ids=lambda draw: draw.__name__)
def test_figure_is_small_enough_and_in_the_colours_of_the_house(draw):
    assert len(inline_svg(draw(), "label", "f-").encode()) < 25_000


@pytest.mark.parametrize("rate", [0.3, 1.778, 2.2])
def test_the_plate_s_path_is_that_of_descent_and_its_factors_those_of_a_step(rate):
    calls = path_and_factors.record(rate=rate)
    path = next(call[1] for call in calls if call[0] == "path")
    run = descend(lambda w: w * (1, 8), np.array([2.2, 1.0]), lr=rate / 8, steps=20).w
    np.testing.assert_allclose(path, run, rtol=1e-10, atol=1e-13)
    factors = [call[1][0] for call in calls if call[0] == "dots" and call[2] in ("middle", "pale")]
    assert factors == [[rate, pytest.approx(abs(1 - rate / 8))], [rate, pytest.approx(abs(1 - rate))]]
