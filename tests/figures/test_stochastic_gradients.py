"""What the figures of *Stochastic gradients* draw and count, against other ways to the same numbers."""

import math

import numpy as np
import pytest
from drawn import rows

from gdbook.data import toy_line
from gdbook.figures import stochastic_gradients as figures
from gdbook.figures.plates.stochastic_gradients import floor
from gdbook.functions import wavy
from gdbook.linear import closed_form, fit, half_mse, with_intercept
from gdbook.site.build.svg import inline_svg

ALL = [figures.by_batch_size, figures.floors, figures.ways_below, figures.escape_shares]


@pytest.fixture(scope="module")
def line():
    x, y = toy_line()
    return with_intercept(x), y


@pytest.mark.parametrize("size", [1, 10, 100])
def test_many_runs_at_once_are_the_runs_of_fit(line, size):
    X, y = line
    together = figures.toy_descent(size, [0.1, 0.4], epochs=2, seeds=3)
    for seed in range(3):
        for i, lr in enumerate((0.1, 0.4)):
            alone = fit(X, y, lr=lr, epochs=2, batch_size=size, seed=seed)
            # sums in another order
            np.testing.assert_allclose(together[:, seed, i], alone.w, rtol=1e-11, atol=1e-13)


def test_excess_is_the_cost_above_the_least(line):
    X, y = line
    least = half_mse(closed_form(X, y), X, y)
    thetas = np.array([[0.0, 0.0], [2.0, 1.0], [-3.0, 5.0]])
    np.testing.assert_allclose(
        figures.excess(thetas), [half_mse(theta, X, y) - least for theta in thetas], rtol=1e-9
    )


def test_a_rate_may_depend_on_the_step():
    falling = figures.toy_descent(10, lambda t: [0.4 / (1 + t)], epochs=1, seeds=1)
    step = [figures.toy_descent(10, [0.4 / (1 + t)], epochs=1, seeds=1) for t in range(2)]
    np.testing.assert_array_equal(falling[1], step[0][1])
    assert not np.allclose(falling[2], step[0][2])


def test_each_way_to_draw_reads_what_it_says():
    shuffled = figures.drawn(100, 10, 3, 0, "shuffled")
    for epoch in shuffled.reshape(3, 100):
        assert sorted(epoch) == list(range(100))
    assert not np.array_equal(shuffled[:10], shuffled[10:20])
    independent = figures.drawn(100, 1, 200, 0, "independent")
    missed = 100 - np.array([len(set(epoch)) for epoch in independent.reshape(200, 100)])
    assert missed.mean() == pytest.approx(100 * 0.99**100, abs=1)  # four standard errors: 3.1 · 4/√200
    ordered = figures.drawn(100, 10, 2, 0, "in order").ravel()
    np.testing.assert_array_equal(ordered, np.tile(np.arange(100), 2))
    x, y = toy_line()
    X, error = with_intercept(x), figures.drawn(100, 1, 1, 0, "by error").ravel()
    assert np.all(np.diff((y - X @ closed_form(X, y))[error]) >= 0)


def test_measured_variances_are_those_of_the_formula():
    for beta, found in figures.measured_variances().items():
        for lr, formula, measured, error in found:
            by_hand = lr * (1 + beta) / ((1 - beta) * (2 * (1 + beta) - lr))
            assert formula == pytest.approx(by_hand, rel=1e-12)
            assert abs(measured - by_hand) < 4 * error  # 13 of them: one in a thousand would fail
            # x is normal: the variance of x² is twice the square of its mean
            assert error == pytest.approx(measured * math.sqrt(2 / figures.FLOOR_SEEDS), rel=0.2)


def test_the_floor_of_the_toy_line_is_where_the_covariance_repeats_itself(line):
    """Stein's equation solved as a linear system, with no eigenvector."""
    X, y = line
    lr = 0.1
    best, hess = closed_form(X, y), X.T @ X / len(y)
    g = (X @ best - y)[:, None] * X
    step, noise = np.eye(2) - lr * hess, g.T @ g / len(y)
    covariance = np.linalg.solve(np.eye(4) - np.kron(step, step), lr**2 * noise.ravel()).reshape(2, 2)
    assert figures.predicted_floor(lr) == pytest.approx(np.trace(hess @ covariance) / 2, rel=1e-9)
    assert figures.predicted_floor(lr, 10) == pytest.approx(figures.predicted_floor(lr) / 10, rel=1e-12)


def test_tuned_is_the_best_of_the_grid_and_counts_what_it_says(line):
    X, y = line
    lr, costs = figures.tuned(100, samples=500)
    least = half_mse(closed_form(X, y), X, y)
    ends = {rate: fit(X, y, lr=rate, epochs=5).loss[-1] - least for rate in figures.RATES}
    assert lr == min(ends, key=lambda rate: ends[rate])
    np.testing.assert_allclose(costs, ends[lr], rtol=1e-9)
    assert figures.tuned(100, steps=5)[0] == lr
    np.testing.assert_array_equal(figures.tuned(100, steps=5)[1], costs)


def test_the_grid_ends_below_the_limit_and_holds_the_full_batch_back_by_nothing(line):
    X, y = line
    curvatures, directions = np.linalg.eigh(X.T @ X / len(y))
    assert 0.85 < max(figures.RATES) * curvatures[1] / 2 < 1
    start = directions.T @ closed_form(X, y)
    tried = np.linspace(0.01, 2 / curvatures[1], 2000)  # the error of each direction, multiplied out
    ends = curvatures @ ((1 - tried * curvatures[:, None]) ** 20 * start[:, None]) ** 2 / 2
    _, costs = figures.tuned(100, samples=2000)
    assert costs[0] == pytest.approx(ends.min(), rel=0.02)
    for size in (1, 10):  # inside the grid: neither end was chosen
        assert min(figures.RATES) < figures.tuned(size, samples=2000)[0] < max(figures.RATES)


def test_the_average_is_the_mean_of_the_later_half_of_the_constant_run():
    found = figures.below_the_floor()
    lr, cost = found["averaged"]
    epochs, seeds = figures.BELOW_EPOCHS, figures.BELOW_SEEDS
    path = figures.toy_descent(1, [lr], epochs, seeds, how="independent")[:, :, 0]
    half = len(path) // 2
    np.testing.assert_allclose(cost[-1], figures.excess(path[half:].mean(axis=0)), rtol=1e-6)
    np.testing.assert_allclose(cost[half], figures.excess(path[half]), rtol=1e-9)
    wave = figures.toy_descent(
        1,
        lambda t: [found["cosine"][0] * (1 + math.cos(math.pi * t / (epochs * 100))) / 2],
        epochs,
        seeds,
        how="independent",
    )
    np.testing.assert_allclose(found["cosine"][1][-1], figures.excess(wave[-1, :, 0]), rtol=1e-6)
    rate, cost = found["1/t"]
    fall = figures.toy_descent(1, lambda t: [rate / (1 + t / 200)], epochs, seeds, how="independent")
    np.testing.assert_allclose(cost[-1], figures.excess(fall[-1, :, 0]), rtol=1e-6)


def test_without_noise_a_run_stays_in_its_basin_and_maxima_bound_the_middle():
    outside, middle = figures.in_the_middle()
    assert figures.SIGMAS[0] == 0
    assert (outside[0], middle[0]) == (0, 1)
    line = np.linspace(0.5, 1.5, 10_001)
    assert pytest.approx(line[np.argmax(wavy(line))], abs=1e-4) == figures.MIDDLE
    faded, _ = figures.in_the_middle(fading=True)
    assert faded[figures.SIGMAS.index(6.0)] > outside[figures.SIGMAS.index(6.0)] + 0.2


def test_the_first_picture_shows_the_means_of_the_seeds(line):
    X, y = line
    least = half_mse(closed_form(X, y), X, y)
    (ax,) = figures.by_batch_size().axes
    for drawn, size in zip(ax.lines, (1, 10, 100), strict=True):
        read, cost = drawn.get_data()
        lr, _ = figures.tuned(size, samples=2000)
        runs = [fit(X, y, lr=lr, epochs=20, batch_size=size, seed=seed).loss for seed in range(8)]
        expected = np.mean(runs, axis=0)[(read / size).astype(int)] - least
        np.testing.assert_allclose(cost, expected, rtol=1e-6, atol=1e-12)


def test_the_floors_are_drawn_where_they_were_measured():
    (ax,) = figures.floors().axes
    dots = [drawn.get_data() for drawn in ax.lines if drawn.get_marker() == "o"]
    for (lr, variance), found in zip(dots, figures.measured_variances().values(), strict=True):
        np.testing.assert_array_equal(lr, found[:, 0])
        np.testing.assert_array_equal(variance, found[:, 2])


def test_each_sample_leads_downhill_from_the_start_and_is_off_by_its_spread(line):
    X, y = line
    each = np.array([fit(X[i : i + 1], y[i : i + 1], lr=1.0, epochs=1).grad[0] for i in range(100)])
    np.testing.assert_allclose(figures.gradients_at_the_start(), each, rtol=1e-12)
    whole = each.mean(axis=0)
    assert np.all(each @ whole > 0)
    spread = np.sqrt(each.var(axis=0).sum() / (whole @ whole))
    assert figures.off_the_mean() == pytest.approx(spread, rel=1e-12)


def test_no_measured_variance_is_four_standard_errors_off():
    assert len(figures.errors_off()) == sum(len(rates) for _, rates, _ in figures.FLOORS)
    off = [
        abs(measured - lr * (1 + beta) / ((1 - beta) * (2 * (1 + beta) - lr))) / error
        for beta, found in figures.measured_variances().items()
        for lr, _, measured, error in found
    ]
    assert figures.errors_off() == pytest.approx(off)
    assert max(off) < 4


def test_momentum_lifts_the_floor_by_the_formula():
    for lr in (0.01, 0.02, 1.0):
        for momentum in (0.8, 0.9):
            by_hand = (1 + momentum) / (1 - momentum) * (2 - lr) / (2 * (1 + momentum) - lr)
            assert figures.momentum_lifts(lr, momentum) == pytest.approx(by_hand)


def test_by_gradients_small_batches_win_and_by_steps_the_full_one():
    assert len(toy_line()[1]) * figures.EPOCHS == figures.SAMPLES
    samples = {size: figures.tuned(size, samples=figures.SAMPLES)[1].mean() for size in figures.SIZES}
    steps = {size: figures.tuned(size, steps=figures.STEPS)[1].mean() for size in figures.SIZES}
    assert steps[100] == min(steps.values())
    assert steps[1] == max(steps.values())
    near = figures.near_the_best()
    assert near == [1, 2, 5, 10]
    assert max(samples[size] for size in near) < 2 * min(samples.values()) < samples[20]
    assert figures.full_batch_above() == pytest.approx(samples[100] / min(samples.values()))
    assert figures.full_batch_above() > 10
    assert figures.RATES[0] < figures.toy_limit()
    assert figures.tuned(100, samples=figures.SAMPLES)[0] == figures.RATES[0]
    for (size, *cells), number in zip(rows(figures.budgets()), figures.SIZES, strict=True):
        (rate, read), (other, done) = (
            figures.tuned(number, samples=figures.SAMPLES),
            figures.tuned(number, steps=figures.STEPS),
        )
        spread = [f"{1e6 * min(read):.0f}–{1e6 * max(read):.0f}" if number < 100 else "one run"]
        assert size == str(number)
        assert cells[:4] == [f"{rate:.3g}", f"{1e6 * read.mean():,.0f}", *spread, f"{other:.3g}"]
        assert float(cells[4].replace(",", "")) == pytest.approx(
            1e6 * done.mean(), rel=0.05 if number < 100 else 0.5
        )


def test_scaled_rates_agree_until_they_near_the_limit(line):
    X, y = line
    assert figures.agreeing() == [1, 2, 5, 10, 20]
    ends = [figures.scaled(size, 10) for size in (1, 2, 5, 10, 20)]
    assert figures.disagreement() == pytest.approx(max(max(ends) / ends[0] - 1, 1 - min(ends) / ends[0]))
    assert figures.disagreement() < 0.06
    assert figures.scaled(50, 10) > 1.1 * figures.scaled(1, 10)
    assert figures.scaled(100, 10) > 1
    least = half_mse(closed_form(X, y), X, y)
    runs = [fit(X, y, lr=0.25, epochs=10, batch_size=10, seed=seed).loss for seed in range(figures.SEEDS)]
    five, ten = np.mean(runs, axis=0)[[50, 100]] - least
    assert rows(figures.scaled_table())[3] == ["10", "0.25", f"{five:.5f}", f"{ten:.5f}"]
    assert rows(figures.scaled_table())[6] == ["100", "2.5", "grows", "grows"]


def test_the_full_batch_above_the_limit_grows(line):
    X, y = line
    cost = figures.full_batch_at(2.5)
    assert cost[-1] > cost[5] > cost[0]
    assert np.all(np.diff(figures.full_batch_at(1.5)) < 0)
    assert np.all(np.diff(figures.full_batch_at(1.7)[1:]) > 0)
    losses = fit(X, y, lr=2.5, epochs=10).loss
    np.testing.assert_allclose(cost, losses - half_mse(closed_form(X, y), X, y), rtol=1e-9)


def test_shuffling_lowers_the_floor_and_an_order_by_error_lifts_it():
    assert np.all(figures.saved() > 0)
    independent, by_error = figures.drawn_floor("independent"), figures.drawn_floor("by error")
    assert np.all(by_error > 2 * independent)
    assert np.all(figures.sorted_above() > 2)
    np.testing.assert_allclose(figures.sorted_above() * (1 - figures.saved()), by_error / independent)
    predicted = [figures.predicted_floor(lr) for lr in (0.05, 0.1, 0.2)]
    assert figures.drawn_predicted().tolist() == predicted
    off = max(abs(cost - floor) / floor for cost, floor in zip(independent, predicted, strict=True))
    assert figures.formula_off() == pytest.approx(off)
    assert off < 0.1
    table = np.array([row[1:] for row in rows(figures.drawn_floors())], dtype=float)
    assert table[1] == pytest.approx(1e6 * independent, abs=0.51)
    assert table[4] == pytest.approx(1e6 * by_error, abs=0.51)


def test_averaging_ends_lowest_by_more_than_its_error():
    ends = {name: figures.end_below(name) for name in figures.below_the_floor()}
    assert ends["averaged"] < ends["cosine"] < ends["1/t"] < ends["constant"]
    assert ends == {name: cost[-1].mean() for name, (_, cost) in figures.below_the_floor().items()}
    error = math.hypot(figures.end_error("cosine"), figures.end_error("averaged"))
    assert ends["cosine"] - ends["averaged"] > 2 * error
    for name, rate, cost in rows(figures.ends_below()):
        mean, _, standard = cost.partition(" ± ")
        assert float(rate) == pytest.approx(figures.below_the_floor()[name][0], rel=0.01)
        assert float(mean) == pytest.approx(1e6 * ends[name], abs=0.051)
        drawn = figures.below_the_floor()[name][1][-1]
        resampled = np.random.default_rng(0).choice(drawn, (2000, len(drawn))).mean(axis=1).std()
        assert float(standard) == pytest.approx(1e6 * resampled, rel=0.1, abs=0.051)


def test_noise_of_the_best_size_forgets_the_start():
    stuck, there = figures.in_the_middle()
    best = figures.best_noise()
    assert stuck[best] == max(stuck)
    assert figures.SIGMAS[2] == 1
    assert max(stuck[:3]) < 0.03
    assert min(there[:3]) > 0.97
    assert max(abs(stuck - there)[best:]) < 0.08


def test_a_hundredth_of_the_variance_takes_half_of_the_samples():
    # (100 − B)/(99 B) ≤ 1/100 from B = 10,000/199 on
    assert figures.size_for_a_hundredth() == math.ceil(10_000 / 199)


@pytest.mark.parametrize("draw", ALL, ids=lambda draw: draw.__name__)
def test_each_figure_becomes_a_small_svg(draw):
    assert draw.__doc__
    assert len(inline_svg(draw(), "what it shows", "f-")) < 25_000


def test_where_every_sample_is_fitted_there_is_no_floor():
    x = np.linspace(0, 1, 100)
    X = np.column_stack([x, np.ones(100)])
    exact, noisy = 2 * x + 1, 2 * x + 1 + np.random.default_rng(0).normal(0, 0.1, 100)
    away = []
    for y in (exact, noisy):
        theta = fit(X, y, lr=0.4, epochs=50, batch_size=1).w[-1]
        away.append(np.linalg.norm(theta - np.linalg.lstsq(X, y, rcond=None)[0]))
    assert away[0] < 1e-9
    assert away[1] > 1e-3


@pytest.mark.parametrize(("lr", "batch"), [(0.1, 10), (1.0, 1)])
def test_the_plate_s_runs_stay_at_the_floor_that_it_draws(lr, batch):
    predicted = lr / batch / (2 * (2 - lr))
    losses = []
    for seed in range(1, 100):
        run, line = (call[1] for call in floor.record(lr=lr, batch=batch, seed=seed) if call[0] == "path")
        losses.append(np.mean([loss for t, loss in run if t > 150]))
    assert [height for _, height in line] == pytest.approx([predicted] * 2)
    # Losses are alike for some 1/η steps: a hundred runs of 150 give the mean to 4 % and better.
    assert np.mean(losses) == pytest.approx(predicted, rel=0.12)
