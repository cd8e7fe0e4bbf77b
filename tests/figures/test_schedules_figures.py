"""What the figures of *Schedules* draw, against arithmetic written out here."""

import math

import numpy as np
import pytest

from gdbook.figures import schedules as figures
from gdbook.figures.house import BLUE, CURVE, GREEN, MUTED, OCHRE, PURPLE, RED, TEAL
from gdbook.schedules import SCHEDULES, constant, cosine
from gdbook.site.svg import inline_svg

ALL = [
    figures.overview,
    figures.below_the_floor,
    figures.warming_up,
    figures.thrown_by_the_wall,
    figures.two_decays,
]


def lines(ax, colour):
    """The lines of more than two points in this colour: their x and y."""
    return [
        (np.asarray(drawn.get_xdata()), np.asarray(drawn.get_ydata()))
        for drawn in ax.lines
        if drawn.get_color() == colour and len(drawn.get_xdata()) > 2
    ]


def test_overview_draws_every_schedule_under_its_name():
    (ax,) = figures.overview().axes
    names = [text.get_text() for text in ax.texts]
    assert sorted(names) == sorted(SCHEDULES)
    for text, (x, y) in zip(ax.texts, lines(ax, BLUE), strict=True):
        left, bottom = text.get_position()[0], text.get_position()[1] - 1.2
        assert x[0] == pytest.approx(left)
        schedule = figures.OVERVIEW[text.get_text()]
        assert y - bottom == pytest.approx([schedule(t) for t in range(100)])


def test_overview_has_each_full_rate_at_1():
    for name, schedule in figures.OVERVIEW.items():
        assert max(schedule(t) for t in range(100)) == pytest.approx(1, abs=0.01), name


def test_expected_loss_is_the_mean_of_many_runs():
    schedule = cosine(0.1, figures.STEPS)
    (expected,) = figures.expected_loss([schedule])
    ends = figures.noisy_losses(schedule, runs=1000, seed=5)[-1]
    # Four standard errors: a sound program fails one seed in 16,000, and the seed is fixed.
    assert abs(ends.mean() - expected) < 4 * ends.std() / math.sqrt(1000)


def test_expected_loss_of_a_constant_rate_has_a_closed_form():
    lr, steps = 0.1, 300
    factors = (1 - lr * figures.CURVATURES) ** 2
    # A geometric series of what each step adds.
    squares = factors**steps + lr**2 * figures.VARIANCE * (1 - factors**steps) / (1 - factors)
    assert figures.expected_loss([constant(lr)], steps) == pytest.approx(squares @ figures.CURVATURES / 2)


def test_floor_is_where_the_expected_loss_of_a_constant_rate_ends():
    # The flattest direction shrinks by 0.998² a step: 20,000 steps leave only the noise.
    assert figures.floor(0.1) == pytest.approx(figures.expected_loss([constant(0.1)], 20_000)[0], rel=1e-9)


def test_best_rate_is_inside_what_was_tried():
    for name in figures.CONTENDERS:
        assert figures.TRIED[0] > figures.best_rate(name)[0] > figures.TRIED[-1], name


def test_below_the_floor_go_all_but_the_constant_rate():
    (ax,) = figures.below_the_floor().axes
    (level,) = [drawn.get_ydata()[0] for drawn in ax.lines if drawn.get_color() == MUTED]
    assert level == pytest.approx(figures.floor(figures.best_rate("cosine")[0]))
    last = {colour: lines(ax, colour)[0][1][-1] for colour in (BLUE, PURPLE, TEAL, OCHRE)}
    assert last[BLUE] == pytest.approx(level, rel=0.15)  # a mean of 100 runs is within 7 %, two sigma
    assert max(last[colour] for colour in (PURPLE, TEAL, OCHRE)) < 0.6 * level


def test_well_steps_are_those_of_the_loop_written_out():
    x, lr, up, t = 4.0, 0.24, 5, 0
    last_outside = 0
    while t < 200:
        x -= lr * min(1, (t + 1) / (up + 1)) * (x**3 - 2 * x)
        t += 1
        if abs(abs(x) - 2**0.5) > 1e-6:
            last_outside = t
    assert figures.well_steps(lr, up) == last_outside + 1
    assert figures.well_steps(lr, 0) is None


def test_the_first_step_decides_whether_a_constant_rate_converges():
    limit = figures.first_step_limit(4.0)
    assert abs(4 - limit * (4.0**3 - 2 * 4)) == pytest.approx(4)
    assert figures.well_steps(limit * (1 - 1e-6), 0)
    assert figures.well_steps(limit * (1 + 1e-6), 0) is None
    # Not the limit 2/f″ of a quadratic with the curvature at the start, which is three times smaller.
    assert limit > 3 * 2 / (3 * 4.0**2 - 2)


def test_the_best_run_with_20_steps_of_warm_up_arrives_within_them():
    steps = {lr: n for lr in figures.WELL_RATES if (n := figures.well_steps(lr, 20))}
    assert min(steps.values()) < 20


def test_warming_up_draws_a_gap_where_the_run_diverges():
    (ax,) = figures.warming_up().axes
    for colour, length in ((RED, 0), (GREEN, 5), (PURPLE, 20)):
        ((lrs, steps),) = lines(ax, colour)
        assert [None if math.isnan(n) else n for n in steps] == [figures.well_steps(lr, length) for lr in lrs]
    ((lrs, steps),) = lines(ax, RED)
    assert lrs[~np.isnan(steps)].max() < 0.2 < 0.4 < lines(ax, GREEN)[0][0].max()


def test_the_gradient_of_the_cliff_is_its_slope():
    for x in (-3.0, 0.9, 1.1):
        h = 1e-6
        slope = (figures.cliff(x + h) - figures.cliff(x - h)) / (2 * h)
        assert figures.cliff_grad(x) == pytest.approx(slope, rel=1e-7)
    assert figures.cliff_grad(1.0) == 0


def test_the_wall_throws_the_run_that_is_not_clipped():
    shape, path = figures.thrown_by_the_wall().axes
    ((_, free),) = lines(path, RED)
    ((_, held),) = lines(path, BLUE)
    assert len(free) == len(held) == 101
    assert free.min() < -5
    assert abs(held[5:] - 1).max() < 0.3
    # A clipped step has the length η at most.
    assert abs(np.diff(held)).max() <= 0.3 * (1 + 1e-12)
    ((x, loss),) = lines(shape, CURVE)
    assert loss == pytest.approx(np.exp(20 * (x - 1)) / 20 - x)


def test_decoupled_decay_does_not_see_the_gradients():
    coupled, apart = figures.two_decays().axes
    expected = (1 - 0.01 * 0.2) ** np.arange(0, 501, 5)
    for _, mean in lines(apart, PURPLE):
        # 200 weights, each a random walk of at most 500 steps of 0.01: their mean is spread by 0.016.
        assert mean == pytest.approx(expected, abs=0.05)
    quiet, middle, loud = (mean[-1] for _, mean in lines(coupled, PURPLE))
    assert quiet < 0.05 < 0.2 < middle < 0.5 < 0.85 < loud


@pytest.mark.parametrize("draw", ALL, ids=lambda draw: draw.__name__)
def test_figure_is_small_enough_and_in_the_colours_of_the_house(draw):
    assert len(inline_svg(draw(), "label", "f-").encode()) < 25_000
