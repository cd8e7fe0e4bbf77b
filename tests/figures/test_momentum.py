"""What the figures and tables of *Momentum* show, against arithmetic written out here."""

import numpy as np
import pytest

from gdbook import rules
from gdbook.figures import momentum as figures
from gdbook.figures.colours import DESCENT, MOMENTUM
from gdbook.figures.plates import momentum as plates
from gdbook.functions import wavy
from gdbook.site.build.svg import inline_svg
from gdbook.theory import gd_best_rate, steps_to

ALL = [plates.valley, figures.regimes, figures.wavy_shares]


def two_term(lr, momentum, grad, start, steps):
    """The heavy ball in Polyak's form, without a velocity: from the last two points."""
    before = here = start
    path = [here]
    for _ in range(steps):
        before, here = here, here - lr * grad(here) + momentum * (here - before)
        path.append(here)
    return np.array(path)


def lines(ax, colour):
    return [np.array(line.get_data()) for line in ax.lines if line.get_color() == colour]


def test_valley_draws_both_runs_of_polyak_s_form_with_one_rate():
    (ax,) = plates.valley().axes
    for colour, momentum in ((DESCENT, 0.0), (MOMENTUM, 0.5)):
        path = two_term(1.7 / 20, momentum, lambda w: w * (1.0, 20.0), np.array([2.6, 0.9]), 14)
        drawn = lines(ax, colour)[0]
        # Other grouping of the same sums: a few units in the last place.
        np.testing.assert_allclose(drawn, path.T, rtol=0, atol=1e-13)


def test_momentum_is_further_along_the_valley_at_the_same_rate():
    ends = {name: run.w[-1] for name, run in figures.valley_paths().items()}
    assert abs(ends["momentum"][0]) < abs(ends["sgd"][0]) / 5


def test_the_velocity_gathers_along_the_valley_and_not_across_it():
    """The sums of faded gradients, written out for each step; the limit along a slope would be 2."""
    path = two_term(1.7 / 20, 0.5, lambda w: w * (1.0, 20.0), np.array([2.6, 0.9]), 14)
    gradients = path[:-1] * (1.0, 20.0)
    sums = [sum(0.5 ** (t - s) * gradients[s] for s in range(t + 1)) for t in range(14)]
    along, across = np.linalg.norm(sums, axis=0) / np.linalg.norm(gradients, axis=0)
    assert figures.gathered() == pytest.approx((along, across), rel=1e-12)
    assert 1.5 < along < 2
    assert across < 1
    signs = np.sign(gradients)
    assert (signs[:, 0] == 1).all()
    assert (signs[1:, 1] != signs[:-1, 1]).sum() >= 5


@pytest.mark.parametrize("name", figures.REGIMES)
def test_each_regime_is_the_run_of_polyak_s_form(name):
    lr, momentum = figures.REGIMES[name]
    expected = two_term(lr, momentum, lambda x: x, 1.0, 20)
    column = list(figures.REGIMES).index(name)
    axes = figures.regimes().axes
    drawn = lines(axes[3 + column], MOMENTUM)[0]
    np.testing.assert_allclose(drawn[1], expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", figures.REGIMES)
def test_the_drawn_roots_are_those_of_the_polynomial(name):
    lr, momentum = figures.REGIMES[name]
    column = list(figures.REGIMES).index(name)
    drawn = lines(figures.regimes().axes[column], MOMENTUM)[0]
    expected = np.roots([1, -(1 + momentum - lr), momentum])
    assert sorted(drawn[0] + 1j * drawn[1], key=str) == pytest.approx(sorted(expected, key=str))


def test_regimes_move_as_they_are_called():
    signs = {name: np.sign(figures.regime_errors(name)[1:]) for name in figures.REGIMES}
    turns = {name: int((sign[1:] != sign[:-1]).sum()) for name, sign in signs.items()}
    assert turns["glides"] == 0
    assert 0 < turns["spirals"] < len(signs["spirals"]) / 2
    assert turns["alternates"] == len(signs["alternates"]) - 1


def test_without_momentum_only_the_global_minimum_s_own_dip_leads_there():
    # The dip ends at the maxima beside 0: roots of the gradient, found by halving.
    low, high = 0.5, 1.5
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if wavy.grad(middle) > 0 else (low, middle)
    share = figures.wavy_share(0.0)[0]
    small = figures.WAVY_RATES < 0.3
    np.testing.assert_allclose(share[small], np.mean(abs(figures.WAVY_STARTS) < low))


def test_the_shares_are_those_of_single_runs():
    share, ends = figures.wavy_share(0.9)
    rate = 15
    singles = [two_term(figures.WAVY_RATES[rate], 0.9, wavy.grad, x, 3000)[-1] for x in figures.WAVY_STARTS]
    # On the ridges between dips rounding may decide: at most one start in a hundred.
    assert np.mean(abs(ends[rate] - singles) > 1e-6) <= 0.01
    assert share[rate] == pytest.approx(np.mean(np.abs(singles) < 1e-2), abs=0.01)


def test_wavy_shares_draws_percentages_of_both():
    (ax,) = figures.wavy_shares().axes
    for colour, momentum in ((DESCENT, 0.0), (MOMENTUM, 0.9)):
        x, y = lines(ax, colour)[0]
        np.testing.assert_allclose(x, figures.WAVY_RATES)
        np.testing.assert_allclose(y, 100 * figures.wavy_share(momentum)[0])


@pytest.mark.parametrize("rule", [rules.sgd, rules.momentum, rules.nesterov])
def test_every_rule_may_try_the_same_number_of_settings(rule):
    lr, momentum = figures.settings(rule)
    assert len(lr) == len(momentum) == len(set(zip(lr, momentum, strict=True))) == figures.BUDGET
    assert (lr.min(), lr.max()) == pytest.approx((0.05, 4))


def test_contest_counts_the_steps_of_single_runs():
    kappa = 10
    lr, momentum, counted = figures.contest(kappa, rules.momentum)
    curvatures = np.geomspace(1 / kappa, 1, 10)
    starts = np.random.default_rng(0).standard_normal((25, 10))[5:]
    for start, steps in zip(starts, counted, strict=True):
        path = two_term(lr, momentum, lambda w: curvatures * w, start, 200)
        far = np.linalg.norm(path, axis=1) / np.linalg.norm(start)
        assert steps == np.flatnonzero(far >= 1e-3)[-1] + 1


def test_contest_chooses_the_fewest_steps_on_the_starts_kept_for_tuning():
    kappa = 10
    curvatures = np.geomspace(1 / kappa, 1, 10)
    starts = np.random.default_rng(0).standard_normal((25, 10))[:5]
    medians = {}
    for lr in figures.settings(rules.sgd)[0]:
        steps = []
        for start in starts:
            far = np.linalg.norm(start * (1 - lr * curvatures) ** np.arange(201)[:, None], axis=1)
            near = far < 1e-3 * far[0]
            steps.append(200 if not near[-1] else np.flatnonzero(~near)[-1] + 1)
        medians[float(lr)] = np.median(steps)
    assert figures.contest(kappa, rules.sgd)[0] == pytest.approx(min(medians, key=medians.get))


def test_the_tuned_rate_comes_near_the_best_rate_there_is():
    # The best rate of all bounds the worst start; a grid of 24 may only come near it.
    steps = figures.contest(100, rules.sgd)[2]
    assert steps.max() < 1.2 * steps_to(1e-3, gd_best_rate(1, 100))
    assert steps.max() > 0.5 * steps_to(1e-3, gd_best_rate(1, 100))


@pytest.mark.parametrize("draw", ALL, ids=lambda draw: draw.__name__)
def test_figure_is_small_enough_and_in_the_colours_of_the_house(draw):
    assert len(inline_svg(draw(), "label", "f-").encode()) < 25_000
