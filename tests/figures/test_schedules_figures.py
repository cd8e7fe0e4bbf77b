"""What the figures of *Schedules* draw, against arithmetic written out here."""

import math

import numpy as np
import pytest

from gdbook.descent import descend
from gdbook.figures import schedules as figures
from gdbook.figures.colours import ADAM, CURVE, DESCENT, DIVERGES, MUTED, OF_SCHEDULE, ramp
from gdbook.figures.plates.schedules import drawn_schedule
from gdbook.rules import adam
from gdbook.schedules import SCHEDULES, constant, cosine, inverse_sqrt, inverse_time, warmup, wsd
from gdbook.site.build.svg import inline_svg

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
    for text, (x, y) in zip(ax.texts, lines(ax, DESCENT), strict=True):
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


def test_the_rates_that_the_page_names_under_the_noisy_runs():
    assert inverse_sqrt(0.5)(999) == pytest.approx(0.5 / 1000**0.5)
    assert [1 / inverse_time(0.5, 0.5)(t) for t in (0, 999)] == pytest.approx([2, 999 + 2])


def test_with_a_small_constant_the_start_fades_as_a_power_of_t():
    """The product is Γ(n + 1 − aλ) / (Γ(n + 1) Γ(1 − aλ)); for large n, n^(−aλ) / Γ(1 − aλ)."""
    a, curvature, steps = 0.5, 0.02, 10**6
    expected = steps ** (-a * curvature) / math.gamma(1 - a * curvature)
    assert figures.left_of_the_start(a, curvature) == pytest.approx(expected, rel=1e-6)


def test_the_contest_is_sorted_by_the_expected_loss():
    losses = {name: figures.best_rate(name)[1] for name in figures.CONTENDERS}
    assert losses[figures.ranking()[0]] == min(losses.values())
    assert losses[figures.ranking()[-1]] == max(losses.values())
    assert set(figures.CONTENDERS) - set(figures.smooth()) == {"constant", "multi_step"}
    assert figures.smooth() == sorted(figures.smooth(), key=losses.get)
    rows = [row.strip("| ").split(" | ") for row in figures.contest().split("\n")[2:]]
    assert [row[0] for row in rows] == [f"`{name}`" for name in figures.ranking()]
    for name, (_, lr, expected, mean) in zip(figures.ranking(), rows, strict=True):
        rate, loss = figures.best_rate(name)
        assert (lr, expected) == (f"{rate:.3f}", f"{loss:.4f}")
        # Four standard errors: a sound program fails one seed in 16,000, and the seed is fixed.
        measured, error = map(float, mean.split(" ± "))
        assert abs(measured - float(expected)) < 4 * error + 1e-4


def test_the_expected_ends_at_the_shared_rate():
    lr = figures.shared_rate()
    assert figures.expected_end("cosine") == figures.best_rate("cosine")[1] == figures.cosine_from(lr)
    mean = figures.noisy_losses(figures.CONTENDERS["wsd"](lr), runs=400, seed=3)[-1].mean()
    assert figures.expected_end("wsd") == pytest.approx(mean, rel=0.1)
    assert figures.cosine_from(figures.TRIED[0]) > figures.cosine_from(lr)


def test_standard_error_is_the_spread_over_the_root_of_the_number():
    assert figures.standard_error(np.array([1.0, 3.0, 5.0])) == pytest.approx(2 / 3**0.5)


def test_the_recorded_runs_are_those_of_these_schedules():
    assert len(figures.recorded()) > 20
    for case in figures.recorded():
        schedule = SCHEDULES[case["name"]](**case["arguments"])
        ours = [schedule(t) for t in range(len(case["lr"]))]
        assert ours == pytest.approx(case["lr"], rel=0, abs=1e-12 * max(case["lr"])), case["name"]
        assert len(case["lr"]) <= 200


def test_pytorch_s_cosine_is_0_at_its_end_and_at_its_full_rate_as_long_after():
    steps, end, later = figures.past_its_end()
    assert f"{end:.1g}" == "0"
    assert cosine(later, steps)(0) == pytest.approx(later)
    assert later > 0.001
    assert cosine(later, steps)(2 * steps) == 0


def test_below_the_floor_go_all_but_the_constant_rate():
    (ax,) = figures.below_the_floor().axes
    (level,) = [drawn.get_ydata()[0] for drawn in ax.lines if drawn.get_color() == MUTED]
    assert level == pytest.approx(figures.floor(figures.best_rate("cosine")[0]))
    last = {colour: lines(ax, colour)[0][1][-1] for colour in OF_SCHEDULE.values()}
    assert last[DESCENT] == pytest.approx(level, rel=0.15)  # a mean of 100 runs is within 7 %, two sigma
    assert max(last[colour] for colour in last if colour != DESCENT) < 0.6 * level


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
    assert figures.converging(20) == steps
    least, lr = figures.quickest(20)
    assert least == min(steps.values()) == steps[lr]
    assert figures.last_rate_of_the_quickest(20) == pytest.approx(lr * least / 21)


def noisy_ends(lr):
    """The losses at the ends of Adam's noisy runs with this schedule."""
    noise = np.random.default_rng(0)
    run = descend(
        lambda w: figures.CURVATURES * w + figures.VARIANCE**0.5 * noise.standard_normal(w.shape),
        np.ones((figures.RUNS, 10)),
        adam,
        steps=200,
        lr=lr,
    )
    return (figures.CURVATURES * run.w[-1] ** 2).sum(axis=1) / 2


def test_adam_needs_no_warm_up_on_the_noisy_problem():
    (lr, without, error), (_, with_it, other) = figures.adam_best(0), figures.adam_best(20)
    assert abs(without - with_it) < 2 * math.hypot(error, other)
    ends = noisy_ends(cosine(lr, 200))
    assert without == pytest.approx(ends.mean())
    assert error == pytest.approx(ends.std(ddof=1) / 10)
    assert with_it <= noisy_ends(warmup(cosine(0.04, 180), 20)).mean()


def test_warming_up_draws_a_gap_where_the_run_diverges():
    (ax,) = figures.warming_up().axes
    for colour, length in zip(ramp(3), (0, 5, 20), strict=True):
        ((lrs, steps),) = lines(ax, colour)
        assert [None if math.isnan(n) else n for n in steps] == [figures.well_steps(lr, length) for lr in lrs]
    ((lrs, steps),) = lines(ax, ramp(3)[0])
    assert lrs[~np.isnan(steps)].max() < 0.2 < 0.4 < lines(ax, ramp(3)[1])[0][0].max()


def test_the_gradient_of_the_cliff_is_its_slope():
    for x in (-3.0, 0.9, 1.1):
        h = 1e-6
        slope = (figures.cliff(x + h) - figures.cliff(x - h)) / (2 * h)
        assert figures.cliff_grad(x) == pytest.approx(slope, rel=1e-7)
    assert figures.cliff_grad(1.0) == 0


def test_the_wall_throws_the_run_that_is_not_clipped():
    shape, path = figures.thrown_by_the_wall().axes
    ((_, free),) = lines(path, DIVERGES)
    ((_, held),) = lines(path, DESCENT)
    assert len(free) == len(held) == 101
    assert free.min() < -5
    assert abs(held[5:] - 1).max() < 0.3
    # A clipped step has the length η at most.
    assert abs(np.diff(held)).max() <= 0.3 * (1 + 1e-12)
    ((x, loss),) = lines(shape, CURVE)
    assert loss == pytest.approx(np.exp(20 * (x - 1)) / 20 - x)


def test_what_the_page_says_of_the_limits_at_the_wall():
    h = 1e-5
    curvature = (figures.cliff_grad(1 + h) - figures.cliff_grad(1 - h)) / (2 * h)
    assert curvature == pytest.approx(figures.CLIFF_CURVATURE, rel=1e-6)
    slow = figures.cliff_run(0.9 * 2 / curvature)
    assert min(slow.w) == 0
    assert abs(slow.w[-1] - 1) < 0.05
    assert 20 < max(figures.cliff_grad(x) for x in figures.cliff_run(0.3).w) < 1000


def test_the_run_is_thrown_back_several_times_and_the_clipped_one_never():
    free, held = figures.cliff_run(0.3).w, figures.cliff_run(0.3, limit=1.0).w
    back = [t for t in range(100) if free[t + 1] < free[t] - 1]
    assert figures.throws(figures.cliff_run(0.3)) == len(back) > 1
    assert figures.throws(figures.cliff_run(0.3, limit=1.0)) == 0
    assert figures.held_between() == (sorted(held[5:])[0], sorted(held)[-1])


def test_the_answers_of_the_quizzes():
    np.testing.assert_allclose(figures.clipped(), np.array([3, 4]) / 5, rtol=1e-6)  # PyTorch's 1e-6
    assert [figures.halvings_to(share) for share in (1, 0.5, 0.1, 0.001)] == [0, 1, 4, 10]


def test_decoupled_decay_does_not_see_the_gradients():
    coupled, apart = figures.two_decays().axes
    expected = (1 - 0.01 * 0.2) ** np.arange(0, 501, 5)
    for _, mean in lines(apart, ADAM):
        # 200 weights, each a random walk of at most 500 steps of 0.01: their mean is spread by 0.016.
        assert mean == pytest.approx(expected, abs=0.05)
    quiet, middle, loud = (mean[-1] for _, mean in lines(coupled, ADAM))
    assert quiet < 0.05 < 0.2 < middle < 0.5 < 0.85 < loud


@pytest.mark.parametrize("draw", ALL, ids=lambda draw: draw.__name__)
def test_figure_is_small_enough_and_in_the_colours_of_the_house(draw):
    assert len(inline_svg(draw(), "label", "f-").encode()) < 25_000


def test_in_the_picture_wsd_has_the_best_rate_of_the_cosine_and_not_its_own():
    (lr, least), shared = figures.best_rate("wsd"), figures.best_rate("cosine")[0]
    assert figures.shared_rate() == shared != lr
    assert figures.expected_end("wsd") > 1.5 * least
    (ax,) = figures.below_the_floor().axes
    drawn = {curve.get_color(): curve.get_ydata() for curve in ax.lines}
    for name, rate, colour in (
        ("wsd", shared, OF_SCHEDULE["another"]),
        ("inverse_time", figures.best_rate("inverse_time")[0], OF_SCHEDULE["1/t"]),
    ):
        expected = figures.noisy_losses(figures.CONTENDERS[name](rate)).mean(axis=1)
        np.testing.assert_array_equal(drawn[colour], expected[::4])


def test_the_winner_of_the_contest_is_a_straight_line_to_0():
    assert figures.ranking()[0] == "polynomial"
    schedule = figures.CONTENDERS["polynomial"](0.3)
    assert [schedule(t) for t in (0, 125, 250, 500)] == pytest.approx([0.3, 0.225, 0.15, 0])


def test_with_plain_gradient_descent_all_weights_keep_the_same():
    lr, strength = figures.DECAY["lr"], figures.DECAY["weight_decay"]
    kept = figures.decaying_plainly()
    np.testing.assert_allclose(kept, (1 - lr * strength) ** 500, rtol=1e-9)
    assert figures.keep_most(kept) == "all"
    assert figures.keep_most(figures.decaying(False)[-1]) == "noise 10"


@pytest.mark.parametrize(("lr", "warm", "down"), [(0.5, 25, 400), (1.9, 0, 250), (0.1, 240, 499)])
def test_the_plate_s_schedule_is_wsd_and_its_loss_the_expected_one(lr, warm, down):
    schedule = wsd(lr, figures.STEPS, warm, figures.STEPS - down)
    rates, losses = (
        call[1] for call in drawn_schedule.record(lr=lr, warm=warm, down=down) if call[0] == "path"
    )
    assert [eta for _, eta in rates] == pytest.approx([schedule(t) for t, _ in rates], rel=1e-12)
    for t, loss in losses[:: len(losses) // 7]:
        assert loss == pytest.approx(figures.expected_loss([schedule], steps=t)[0], rel=1e-10)
