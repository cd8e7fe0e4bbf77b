"""The figures and measurements of the chapter *Beyond Adam* show what the chapter says."""

import itertools
import math

import numpy as np
import pytest

from gdbook.descent import descend
from gdbook.figures import beyond_adam as chapter
from gdbook.figures.plates import beyond_adam as plates
from gdbook.rules import RULES, newton_schulz, sam, schedule_free_sgd
from gdbook.rules.matrix import quintic


@pytest.mark.parametrize("turned", [True, False])
def test_the_curvatures_of_the_regressions_are_the_stated_ones(turned):
    _, hessians = chapter.regressions(turned)
    values = np.linalg.eigvalsh(hessians)
    np.testing.assert_allclose(values, np.tile(np.geomspace(1e-3, 1, 6), (5, 1)), rtol=1e-12)
    off = hessians - np.einsum("sii->si", hessians)[:, :, None] * np.eye(6)
    assert (abs(off).max() > 0.1) == turned


@pytest.mark.parametrize("name", chapter.RACERS)
def test_a_race_is_descend_with_a_falling_rate_on_each_problem_alone(name):
    goals, hessians = chapter.regressions(True)
    losses = chapter.race(name, True)
    for rate, seed in ((0, 0), (2, 4)):
        lr = chapter.RATES[rate]
        goal, h = goals[seed], hessians[seed]
        run = descend(
            lambda w, goal=goal, h=h: (w - goal) @ h,
            np.zeros((6, 6)),
            RULES[name],
            steps=chapter.STEPS,
            lr=lambda t, lr=lr: lr * (1 - t / chapter.STEPS),
            **({"weight_decay": 0.0} if name == "muon" else {}),
        )
        away = run.w - goal
        expected = np.einsum("tij,jk,tik->t", away, h, away) / 12
        # rounding that Muon's iteration enlarges, 485 times a step at most
        np.testing.assert_allclose(losses[:, rate, seed], expected, rtol=1e-6, atol=1e-12)


def test_who_wins_depends_on_the_axes():
    final = {
        (name, turned): chapter.final(name, turned)[0] for name in chapter.RACERS for turned in (True, False)
    }
    assert final["muon", True] < final["adam", True] / 5
    assert final["shampoo", True] < final["adam", True] / 100
    assert final["adam", False] < final["muon", False] / 5
    assert final["adam", True] > 50 * final["adam", False]
    assert 1 / 3 < final["muon", True] / final["muon", False] < 3
    assert final["momentum", True] < final["muon", True]  # which the chapter admits


def cells(text):
    """The rows of a table, below its head."""
    return [row.strip("| ").split(" | ") for row in text.split("\n")[2:]]


def value(text):
    """A number that is written with a power of ten."""
    digits, _, power = text.strip("$}").replace(r"\cdot 10^{", "").partition(" ")
    return float(f"{digits}e{power or 0}")


def test_the_table_of_the_races_and_its_verdicts():
    for name, *found in cells(chapter.finals()):
        for turned, loss, lr in ((True, *found[:2]), (False, *found[2:])):
            assert value(loss) == pytest.approx(chapter.final(name, turned)[0], rel=0.06)  # two digits
            assert float(lr) == chapter.final(name, turned)[1]
    ends = {}
    for name in ("muon", "adam"):
        losses = chapter.race(name, True)[-1, chapter.RATES.index(chapter.final(name, True)[1])]
        ends[name] = sorted(enumerate(losses))
    below = [seed for (seed, a), (_, b) in zip(ends["muon"], ends["adam"], strict=True) if a < b]
    assert chapter.wins("muon", "adam", True) == len(below)
    assert chapter.wins("muon", "adam", True) + chapter.wins("adam", "muon", True) == chapter.SEEDS
    change = {name: chapter.turning(name) for name in ("sgd", "muon", "adam")}
    assert max(change, key=change.get) == "adam"
    assert change["adam"] == chapter.final("adam", True)[0] / chapter.final("adam", False)[0]


def test_a_loss_in_words():
    assert chapter.written(0.00042) == r"$4.2 \cdot 10^{-4}$"
    assert chapter.written(9e-31) == "$< 10^{-30}$"


def test_what_each_rule_keeps():
    """n times m entries: Adam two averages of each, Lion one, Adafactor n + m means."""
    kept = {row[0].strip("`"): row[3] for row in cells(chapter.changes())}
    assert (kept["adam"], kept["lion"], kept["prodigy"]) == ("2", "1", "4")
    assert kept["adafactor"] == f"{(64 + 32) / (64 * 32):.2g}"
    assert chapter.kept("adam") == pytest.approx(2, rel=1e-3)  # and a count of steps
    assert chapter.kept("soap") > chapter.kept("adam") > chapter.kept("lion") > chapter.kept("adafactor")


def test_muon_s_step_for_a_diagonal_is_five_quintics_of_its_entries():
    x = np.array([100.0, 1.0]) / math.hypot(100, 1)
    for _ in range(5):
        x = 3.4445 * x - 4.7750 * x**3 + 2.0315 * x**5
    assert chapter.muon_step() == pytest.approx(x, rel=1e-5)  # of the 1e-7 beside the norm


def test_the_two_layers_have_the_gradients_of_their_loss():
    """Descent by differences of the loss, for one problem and one step after another."""
    seeds = chapter.NETWORK_SEEDS
    q = np.linalg.qr(np.random.default_rng(0).normal(size=(2, seeds, 3, 3)))[0]
    target = (q[0] * np.geomspace(0.1, 1, 3) @ q[1])[0]
    rng = np.random.default_rng(0)
    rng.normal(size=(2, seeds, 3, 3))
    layers = 0.1 * rng.normal(size=(seeds, 2, 3, 3))[0] / 3**0.5

    def loss(layers):
        return np.sum((layers[1] @ layers[0] - target) ** 2) / 2

    for t in range(chapter.NETWORK_STEPS):
        g = np.zeros_like(layers)
        for index in np.ndindex(layers.shape):
            nudge = np.zeros_like(layers)
            nudge[index] = 1e-5
            g[index] = (loss(layers + nudge) - loss(layers - nudge)) / 2e-5
        layers = layers - 0.3 * (1 - t / chapter.NETWORK_STEPS) * g
    found = chapter.network_race("sgd", 0.1, 3)[chapter.NETWORK_RATES.index(0.3), 0]
    assert found == pytest.approx(loss(layers), rel=1e-3)  # of differences


def test_muon_passes_adam_where_small_singular_values_must_be_learnt_and_shampoo_passes_both():
    names = ("sgd", "momentum", "adam", "shampoo", "muon")
    small, none = ({name: chapter.network_final(name, low)[0] for name in names} for low in (0.003, 0.1))
    for losses in (*small.values(), *none.values()):
        assert losses.shape == (20,)
    assert np.median(small["muon"]) < np.median(small["adam"]) / 3 < np.median(small["momentum"]) / 3
    assert np.sum(small["muon"] < small["adam"]) >= 13  # an even coin does that once in eight tries
    assert np.all(none["muon"] > 100 * np.maximum(none["adam"], none["momentum"]))
    for losses in (small, none):
        others = [np.median(losses[name]) for name in names if name != "shampoo"]
        assert np.median(losses["shampoo"]) < min(others) / 10
        assert np.sum(losses["shampoo"] < losses["muon"]) >= 17
    assert np.median(none["shampoo"]) < 1e-30
    assert chapter.network_wins("muon", "adam", smallest=0.003) == np.sum(small["muon"] < small["adam"])
    assert chapter.network_wins("muon", "adam", smallest=0.1) == 0
    table = cells(chapter.network_finals())
    assert [row[0] for row in table] == list(names)
    for name, loss, lr, other, other_lr in table:
        assert float(lr) == chapter.network_final(name, 0.1)[1]
        assert float(other_lr) == chapter.network_final(name, 0.003)[1]
        assert (loss == "$< 10^{-30}$") == (np.median(none[name]) < 1e-30)
        assert value(other) == pytest.approx(np.median(small[name]), rel=0.06)  # two digits


def test_in_small_layers_adam_and_muon_are_level_and_shampoo_is_below():
    adam, shampoo, muon = (chapter.network_final(name, 0.003, 8)[0] for name in ("adam", "shampoo", "muon"))
    assert 1 / 3 < np.median(muon) / np.median(adam) < 3
    assert 7 <= np.sum(muon < adam) <= 13
    both = [i for i in range(20) if shampoo[i] < adam[i] and shampoo[i] < muon[i]]
    assert chapter.network_wins("shampoo", "adam", "muon", smallest=0.003, size=8) == len(both)
    assert value(chapter.network_loss("muon", 0.003, 8)) == pytest.approx(np.median(muon), rel=0.06)
    assert np.median(shampoo) < min(np.median(adam), np.median(muon)) / 10


@pytest.mark.parametrize("name", ["adam", "muon", "shampoo", "momentum", "sgd"])
def test_the_best_rate_is_the_best_of_those_that_all_got(name):
    losses = chapter.race(name, True)
    medians = np.median(losses[-1], axis=-1)
    assert losses.shape == (chapter.STEPS + 1, len(chapter.RATES), chapter.SEEDS)
    loss, lr = chapter.final(name, True)
    assert loss == np.nanmin(medians) == medians[chapter.RATES.index(lr)]


def test_the_opening_picture_draws_the_races():
    axes = chapter.turned_and_aligned().axes
    for ax, turned in zip(axes, (True, False), strict=True):
        for line, name in zip(ax.get_lines(), chapter.RACERS, strict=True):
            assert line.get_label() == name
            assert line.get_color() == chapter.RACERS[name]
            losses = chapter.race(name, turned)[:, chapter.RATES.index(chapter.final(name, turned)[1])]
            np.testing.assert_array_equal(line.get_ydata(), np.median(losses, axis=-1)[:-1])


def test_the_quintic_picture_shows_five_iterations_and_singular_values():
    left, right = chapter.quintics().axes
    _, same, once, five = (line.get_ydata() for line in left.get_lines())
    s = left.get_lines()[1].get_xdata()
    np.testing.assert_array_equal(same, s)
    a, b, c = 3.4445, -4.7750, 2.0315
    np.testing.assert_allclose(once, a * s + b * s**3 + c * s**5, rtol=1e-12)
    assert np.all((five[s >= 0.002] > 0.68) & (five[s >= 0.002] < 1.21))
    assert chapter.five_quintics().min() == pytest.approx(five[s >= 0.002].min(), rel=0.01)
    assert chapter.five_quintics().max() == pytest.approx(five[s >= 0.002].max(), rel=0.01)
    before, after = (line.get_ydata() for line in right.get_lines())
    np.testing.assert_allclose(before, np.geomspace(1, 0.003, 8) / np.linalg.norm(np.geomspace(1, 0.003, 8)))
    iterated = before
    for _ in range(5):
        iterated = a * iterated + b * iterated**3 + c * iterated**5
    np.testing.assert_allclose(np.sort(after), np.sort(iterated), rtol=1e-5)
    assert before[0] / before[-1] == pytest.approx(1 / 0.003)
    assert np.linalg.norm(before) == pytest.approx(1)
    assert after.max() / after.min() < 2


def test_schedule_free_is_measured_at_x():
    """One rate, one seed, by hand."""
    losses = chapter.noisy_runs("schedule-free", 50)
    noise = np.random.default_rng(0).normal(size=(chapter.END, 60, 6))
    curvatures, means = np.geomspace(0.02, 1, 6), np.zeros(60)
    for seed in range(60):
        w, state = np.full(6, 3.0), None
        for t in range(50):
            w, state = schedule_free_sgd(w, curvatures * w + noise[t, seed], state, lr=0.1)
        means[seed] = np.sum(curvatures * state[1] ** 2) / 2
    assert losses[-1, chapter.NOISE_RATES.index(0.1)] == pytest.approx(means.mean(), rel=1e-12)


def test_schedule_free_ends_between_the_constant_rate_and_the_tuned_schedule():
    constant, falling, free = (chapter.tuned(kind)[0][-1] for kind in ("constant", "linear", "schedule-free"))
    assert falling < free < constant
    assert chapter.free_at(chapter.END) == free
    assert chapter.falling_end(chapter.END) == falling


def test_each_falling_run_ends_at_its_own_last_step():
    lines = chapter.without_a_schedule().axes[0].get_lines()
    for line, dot, horizon in zip(lines[:8:2], lines[1:8:2], chapter.HORIZONS, strict=True):
        losses, rate = chapter.tuned("linear", horizon)
        shown = line.get_xdata()
        assert (shown[0], shown[-1], len(losses)) == (1, horizon, horizon)
        np.testing.assert_array_equal(line.get_ydata(), losses[shown - 1])
        assert rate in chapter.NOISE_RATES
        assert dot.get_xdata() == [horizon]
        assert dot.get_ydata()[0] == line.get_ydata()[-1]


def test_early_the_rate_holds_the_schedule_free_run_back():
    late, early, falling = (
        chapter.tuned("schedule-free")[0][49],
        chapter.tuned("schedule-free", 50)[0][-1],
        chapter.tuned("linear", 50)[0][-1],
    )
    assert chapter.tuned("schedule-free", 50)[1] > chapter.tuned("schedule-free")[1]
    assert falling < early < 1.1 * falling < late / 2
    assert (chapter.free_at(50), chapter.falling_end(50)) == (late, falling)


def test_lion_is_last_under_normal_noise_and_no_worse_than_adam_under_heavy_tails():
    ends = {
        (name, heavy): chapter.noise_ends(name, heavy)
        for name in ("sgd", "adam", "lion")
        for heavy in (False, True)
    }
    assert all(losses.shape == (10,) for losses in ends.values())
    assert np.all(ends["lion", False] > np.maximum(ends["sgd", False], ends["adam", False]))
    assert chapter.lion_is_last() == chapter.TAIL_REPETITIONS
    assert np.all(ends["sgd", True] > np.maximum(ends["lion", True], ends["adam", True]))
    assert 3 <= np.sum(ends["lion", True] < ends["adam", True]) <= 7  # which the chapter calls no verdict
    assert chapter.heavy_wins("lion", "adam") == np.sum(ends["lion", True] < ends["adam", True])
    for name, normal, heavy in cells(chapter.under_noise())[:3]:
        assert float(normal) == pytest.approx(np.median(ends[name, False]), abs=5e-4)
        assert float(heavy) == pytest.approx(np.median(ends[name, True]), abs=5e-3)


def test_lions_long_memory_is_a_part_of_what_it_loses():
    adam, lion, short = (
        [chapter.noise_ends(name, heavy, **hyper) for heavy in (False, True)]
        for name, hyper in (("adam", {}), ("lion", {}), ("lion", {"beta2": 0.9}))
    )
    assert np.median(adam[0]) < np.median(short[0]) < np.median(lion[0]) / 1.1
    assert np.all(short[1] < lion[1])
    assert np.all(short[1] < adam[1])
    assert chapter.heavy_wins("lion, β₂ = 0.9", "adam") == chapter.TAIL_REPETITIONS


def test_a_noise_race_is_descend_under_the_same_noise():
    noise = np.random.default_rng(3).standard_t(1.5, size=(200, 40, 8))
    curvatures, count = np.geomspace(0.05, 1, 8), iter(range(200))
    run = descend(
        lambda w: curvatures * w + noise[next(count), 7],
        np.full(8, 3.0),
        RULES["lion"],
        steps=200,
        lr=lambda t: chapter.TAIL_RATES[2] * (1 - t / 200),
        weight_decay=0.0,
        beta2=0.9,
    )
    found = chapter.noise_race("lion", True, 3, beta2=0.9)
    assert found.shape == (9, 40)
    assert found[2, 7] == pytest.approx(np.sum(curvatures * run.w[-1] ** 2) / 2, rel=1e-12)


def test_sam_walks_to_the_flat_end_of_the_valley_and_hops_across_it():
    plain, flat = chapter.product_run(0.0), chapter.product_run(0.2)
    last = flat.w[-chapter.SAM_REST :]
    assert chapter.sharpness(plain.w[-1]) > 9
    assert 1.8 < chapter.sharpness(last).min() < 2 < chapter.sharpness(last).max() < 2.1
    np.testing.assert_allclose(chapter.sam_hops(), [a * a + b * b for a, b in flat.w[451:]])
    assert last.prod(-1).min() < 0.95 < 1.02 < last.prod(-1).max()  # on both sides of the curve
    assert plain.loss[-1] < 1e-12 < 1e-4 < flat.loss[-chapter.SAM_REST :].mean()  # it does not come to rest
    np.testing.assert_array_equal(flat.grad[0], sam(chapter.product_grad, 0.2)(np.array([3.0, 0.05])))
    ax = chapter.sharp_or_flat().axes[0]
    for line, run in zip(ax.get_lines()[2::2], (plain, flat), strict=True):
        assert (line.get_xdata()[0], line.get_ydata()[0]) == tuple(run.w[-1])


def test_sharpness_is_the_largest_curvature_on_the_valley():
    for a in (0.5, 1.0, 3.0):
        w, h = np.array([a, 1 / a]), 1e-6
        steps = h * np.eye(2)
        hessian = [(chapter.product_grad(w + e) - chapter.product_grad(w - e)) / (2 * h) for e in steps]
        assert np.linalg.eigvalsh(hessian)[-1] == pytest.approx(chapter.sharpness(w), rel=1e-6)  # differences


def test_prodigy_serves_all_scales_and_adams_default_does_not():
    ends = [chapter.without_tuning(distance) for distance in (0.1, 10.0, 1000.0)]
    assert all(prodigy < 1e-6 for prodigy, _, _ in ends)
    assert all(best < 1e-5 for _, _, best in ends)
    assert [default < 1e-3 for _, default, _ in ends] == [True, False, False]
    found = [[float(cell) for cell in row] for row in cells(chapter.shares_left())]
    expected = [(distance, *end) for distance, end in zip((0.1, 10, 1000), ends, strict=True)]
    assert found == [pytest.approx(row, rel=0.06) for row in expected]  # two digits


def test_momentum_and_shampoo_turn_with_the_rows_and_lion_does_not():
    assert chapter.askew("momentum") < 1e-12
    assert chapter.askew("shampoo") < 1e-12
    assert chapter.askew("lion") > 0.1


def by_matrix(sigma, times):
    """A singular value after Muon's iteration on a matrix of length 1 that has it beside others."""
    rng = np.random.default_rng(0)
    u, v = (np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in range(2))
    rest = math.sqrt((1 - sigma**2) / 2)
    x = newton_schulz(u * [sigma, rest, rest] @ v, times)
    return (u.T @ x @ v.T)[0, 0]


@pytest.mark.parametrize("sigma", [0.001, 0.02, 0.3, 0.9])
@pytest.mark.parametrize("times", [1, 5, 10])
def test_the_plate_s_values_are_those_of_the_iteration_on_a_matrix(sigma, times):
    calls = plates.quintic_steps.record(sigma=sigma, times=times)
    stairs, values = (call[1] for call in calls if call[0] == "path" and call[2] == "ink")
    assert [t for t, _ in values] == list(range(times + 1))
    # The slope of the quintic is 3.4 at most: ten times magnify a rounding by 10⁵.
    for t, value in values[1:]:
        assert value == pytest.approx(by_matrix(sigma, t), rel=1e-9)
    assert stairs[-1] == [values[-1][1]] * 2
    for (left, low), (right, high) in itertools.pairwise(stairs):
        assert left == right or low == high
    assert chapter.climb(sigma, times) == pytest.approx([value for _, value in values], rel=1e-12)


def test_the_band_is_what_the_quintic_takes_into_itself():
    s = np.linspace(plates.LOW, plates.HIGH, 10_001)
    assert quintic(s).min() > plates.LOW
    assert quintic(s).max() < plates.HIGH
    ends = np.linspace(0, 1.25, 1_000_001)
    highest = quintic(ends[ends < 0.8]).max(), quintic(ends[ends > 0.8]).min()
    assert pytest.approx(highest, rel=1e-9) == (plates.HIGH, plates.LOW)


@pytest.mark.parametrize("sigma", np.geomspace(0.001, 1, 25))
def test_the_plate_says_when_a_value_is_in_the_band(sigma):
    values = chapter.climb(sigma, 10)
    (first, *_) = [t for t, value in enumerate(values) if plates.LOW <= value <= plates.HIGH]
    said = plates.quintic_steps.said(sigma=sigma, times=10)
    if first:
        assert f"after {first} application" in said
        early = plates.quintic_steps.said(sigma=sigma, times=first - 1) if first > 1 else "It takes more"
        assert "It takes more" in early
    else:
        assert "from the start" in said
    assert said.endswith(f"it is {values[-1]:.3f}.")
