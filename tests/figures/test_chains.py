"""What the figures of *Chains* draw, against derivatives and products that are written out here."""

import math
import random

import numpy as np
import pytest
from drawn import draws

from gdbook.backprop.chain import backward_cost, forward_cost, least_cost
from gdbook.figures import chains as figures
from gdbook.figures.colours import BEST, GRADIENT, INK
from gdbook.figures.plates import chains as plates
from gdbook.site.build.svg import inline_svg
from gdbook.value import Value

ALL = [figures.chain_graph, figures.orders, figures.vanishing_and_exploding]


def test_the_chain_is_its_formula_and_its_derivative_is_the_product():
    y, x, (u, v) = figures.chain(1.1)
    y.backward()
    assert y.data == pytest.approx(math.exp(math.sin(1.1**2)), rel=1e-15)
    assert x.grad == pytest.approx(math.exp(v.data) * math.cos(u.data) * 2 * 1.1, rel=1e-14)


def test_bars_are_the_multiplications():
    (ax,) = figures.orders().axes
    for bars, cost, colour in zip(
        (ax.patches[0::3], ax.patches[1::3], ax.patches[2::3]),
        (forward_cost, backward_cost, least_cost),
        (INK, GRADIENT, BEST),
        strict=True,
    ):
        for bar, sizes in zip(bars, figures.CHAINS.values(), strict=True):
            assert bar.get_width() == cost(sizes)
            assert bar.get_facecolor()[:3] == pytest.approx(
                [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
            )


def test_a_loss_is_cheapest_from_its_end_and_a_curve_from_its_start():
    loss, curve, waist = figures.CHAINS.values()
    assert backward_cost(loss) == least_cost(loss) < forward_cost(loss)
    assert forward_cost(curve) == least_cost(curve) < backward_cost(curve)
    assert least_cost(waist) < min(forward_cost(waist), backward_cost(waist))


@pytest.mark.parametrize("residual", [False, True])
def test_the_slope_of_a_repeated_tanh_against_a_difference(residual):
    def run(x):
        for _ in range(7):
            x = math.tanh(1.3 * x) + (x if residual else 0)
        return x

    h = 5e-6  # near the best step; the error is about 1e-10
    slope = (run(0.5 + h) - run(0.5 - h)) / (2 * h)
    assert figures.tanh_chain(1.3, 7, residual=residual)[-1] == pytest.approx(slope, rel=1e-8)


@pytest.mark.parametrize("residual", [False, True])
def test_the_norms_are_those_of_the_gradient(residual, monkeypatch):
    monkeypatch.setattr(figures, "SEEDS", 1)
    monkeypatch.setattr(figures, "DEPTH", 3)
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(3, 64, 64)) * 0.9 / 8
    start = rng.normal(size=64)
    g = rng.normal(size=64)
    g /= np.linalg.norm(g)

    def result(x):
        for W in weights:
            x = np.tanh(W @ x) + (x if residual else 0)
        return g @ x

    h = 5e-6
    nudges = h * np.eye(64)
    gradient = [(result(start + nudge) - result(start - nudge)) / (2 * h) for nudge in nudges]
    norms = figures.gradient_norms(0.9, residual)
    assert norms[0] == 1
    assert norms[-1] == pytest.approx(np.linalg.norm(gradient), rel=1e-7)


def test_small_weights_vanish_large_ones_explode_and_residuals_do_neither():
    end = {name: figures.gradient_norms(*run[:2])[-1] for name, run in figures.RUNS.items()}
    assert end["spread ½"] < 1e-14
    assert end["spread 3"] > 1e5
    assert 1e-2 < end["spread 1"] < 1
    assert 1 < end["spread ½, residual"] < 20


def test_wide_layers_explode_where_a_single_unit_vanishes():
    for weight in (1.5, 2.0, 3.0):
        assert figures.tanh_chain(weight, 50)[-1] < 1e-18
        assert figures.gradient_norms(weight)[-1] > 5


def test_the_figure_draws_these_runs():
    (ax,) = figures.vanishing_and_exploding().axes
    drawn = {line.get_color(): line.get_ydata() for line in ax.lines if len(line.get_xdata()) > 2}
    for spread, residual, colour, _ in figures.RUNS.values():
        np.testing.assert_array_equal(drawn[colour], figures.gradient_norms(spread, residual))


@pytest.mark.parametrize("draw", ALL, ids=lambda draw: draw.__name__)
def test_figure_is_small_and_in_the_colours_of_the_house(draw):
    assert len(inline_svg(draw(), "label", "f-").encode()) < 15_000


def test_the_slopes_of_the_chain_multiply_to_its_gradient():
    x = 1.2
    slopes = 2 * x, math.cos(x * x), math.exp(math.sin(x * x))
    assert figures.chain_slopes() == ", ".join(f"{slope:.3g}" for slope in slopes)
    assert figures.chain_gradient() == (x, pytest.approx(math.prod(slopes), rel=1e-14))


def test_the_table_of_slopes_by_complex_steps():
    _, _, *rows = figures.repeated_slopes().splitlines()
    for row, w in zip(rows, (0.5, 1.0, 2.0), strict=True):
        cells = [cell.strip() for cell in row.split("|")[1:-1]]
        plain = around = 0.5 + 1e-100j
        for _ in range(50):
            plain, around = np.tanh(w * plain), around + np.tanh(w * around)
        assert cells == [str(w), *(figures.short(end.imag / 1e-100) for end in (plain, around))]


def test_the_chain_settles_on_a_fixed_point_with_a_slope_below_one():
    x, slope = figures.settled()
    assert math.tanh(2 * x) == pytest.approx(x, rel=1e-12)
    assert slope == pytest.approx(2 / math.cosh(2 * x) ** 2)
    assert slope < 1


def test_fifty_steep_links_are_flat():
    x = 0.5 + 1e-100j
    for _ in range(50):
        x = np.tanh(3 * x)
    assert abs(x.imag / 1e-100) < 1e-6
    assert figures.steep_chain() == "tiny"


def test_the_last_norms_are_the_ends_of_the_runs():
    assert figures.last_norm("spread 3") == figures.gradient_norms(3)[50]
    assert figures.last_norm("spread ½, residual") == figures.gradient_norms(0.5, True)[50]


@pytest.mark.parametrize("residual", [0, 1])
@pytest.mark.parametrize(("depth", "spread", "seed"), [(1, 0.5, 1), (4, 0.7, 8), (6, 4.0, 99)])
def test_the_plate_s_lengths_are_those_of_the_engine(depth, spread, residual, seed):
    drawn, width = draws(seed), plates.WIDTH
    x = [Value(next(drawn)) for _ in range(width)]
    layers = [x]
    for _ in range(depth):
        rows = [[spread / math.sqrt(width) * next(drawn) for _ in range(width)] for _ in range(width)]
        y = [sum((w * v for w, v in zip(row, x, strict=True)), Value(0.0)).tanh() for row in rows]
        x = [a + b for a, b in zip(x, y, strict=True)] if residual else y
        layers.append(x)
    (sum(x, Value(0.0)) * (1 / math.sqrt(width))).backward()
    expected = [math.hypot(*(value.grad for value in layer)) for layer in reversed(layers)]
    assert plates.lengths(depth, spread, residual, seed) == pytest.approx(expected, rel=1e-10)


def test_the_plate_s_numbers_have_the_stated_spread():
    drawn, n = draws(8), 20_000
    numbers = [next(drawn) for _ in range(n)]
    assert np.mean(numbers) == pytest.approx(0, abs=4 / math.sqrt(n))
    assert np.std(numbers) == pytest.approx(1, abs=4 / math.sqrt(n))


def test_the_plate_s_bars_end_at_the_lengths():
    draw = random.Random(0)
    for _ in range(5):
        knobs = {"depth": draw.randint(1, 30), "spread": draw.uniform(0.5, 2), "seed": draw.randint(1, 99)}
        calls = plates.layer_by_layer.record(**knobs)
        ends = [call[1][1][1] for call in calls if call[0] == "area"]
        along = plates.lengths(knobs["depth"], knobs["spread"], 0, knobs["seed"])[1:]
        assert ends == [max(length, plates.LOWEST) for length in along]
        colours = [call[2] for call in calls if call[0] == "area"]
        assert colours == ["red" if length > 1 else "blue" for length in along]


def test_what_the_chapter_says_of_the_plate_s_networks():
    said = {spread: plates.layer_by_layer.said(spread=spread) for spread in (0.7, 1, 2.5)}
    assert ["vanishes:" in s or "vanishes." in s for s in said.values()] == [True, False, False]
    assert "explodes." in said[2.5]
    assert "neither" in said[1]
    assert "neither" in plates.layer_by_layer.said(residual=1)
    ends = [plates.lengths(30, 2.5, 0, seed)[-1] for seed in range(1, 21)]
    assert max(ends) > 100 * min(ends)
