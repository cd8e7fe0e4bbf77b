"""The numbers and figures of *Differentiable programming*: differences, closed forms, counts by hand."""

import ast
import math
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from gdbook.autodiff import grad, jvp
from gdbook.autodiff.core import TABLE
from gdbook.data import toy_line
from gdbook.descent import descend
from gdbook.figures import differentiable_programming as figures
from gdbook.figures.colours import BEST, CURVE, GRADIENT, INK, MUTED
from gdbook.figures.plates import differentiable_programming as plates
from gdbook.figures.plates.ground import said
from gdbook.figures.powers import power
from gdbook.linear import mse, mse_grad, with_intercept
from gdbook.site.build.svg import inline_svg


def lines(ax, colour):
    return [np.array(line.get_data()).T for line in ax.lines if line.get_color() == colour]


def test_a_throw_without_drag_is_a_parabola(monkeypatch):
    monkeypatch.setattr(figures, "DRAG", 0.0)
    v = np.array([4.0, 7.0])
    n, dt = figures.STEPS, figures.DT
    # The position moves before the velocity: gravity acts 0, 1, …, n − 1 times.
    fallen = 9.81 * dt * dt * n * (n - 1) / 2
    np.testing.assert_allclose(figures.flight(v)[-1], [4 * n * dt, 7 * n * dt - fallen], rtol=1e-12)


def test_the_gradient_of_the_miss_against_differences():
    v, h = figures.FIRST_THROW, 5e-6
    measured = [(figures.miss(v + h * e) - figures.miss(v - h * e)) / (2 * h) for e in np.eye(2)]
    # Differences of numbers near 700, rounded to 1e-13, over 1e-5.
    np.testing.assert_allclose(grad(figures.miss)(v), measured, atol=1e-6)


def test_descent_brings_the_throw_to_the_target():
    velocities, losses = figures.aimed()
    first = figures.FIRST_THROW
    measured = [(figures.miss(first + 5e-6 * e) - figures.miss(first - 5e-6 * e)) / 1e-5 for e in np.eye(2)]
    np.testing.assert_allclose(velocities[1], first - 0.05 * np.array(measured), rtol=1e-7)
    assert np.all(np.diff(losses) < 0)
    assert np.linalg.norm(figures.flight(velocities[-1])[-1] - figures.TARGET) == pytest.approx(
        losses[-1] ** 0.5
    )
    assert losses[-1] < 1e-3


@pytest.mark.parametrize("v", [(5.0, 10.0), (1.0, 0.0), (30.0, 2.0), (12.3, 28.0)])
def test_the_plate_s_gradient_is_the_engine_s_and_that_of_differences(v):
    v, h = np.array(v), 5e-6
    path, *gradient = plates.thrown(*v)
    np.testing.assert_allclose(path, figures.flight(v), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(gradient, grad(figures.miss)(v), rtol=1e-11, atol=1e-10)
    measured = [(figures.miss(v + h * e) - figures.miss(v - h * e)) / (2 * h) for e in np.eye(2)]
    # Differences of numbers up to 2,500, rounded to 5e-13, over 1e-5.
    np.testing.assert_allclose(gradient, measured, atol=2e-7, rtol=1e-7)
    assert plates.missed(path) == pytest.approx(figures.miss(v) ** 0.5, rel=1e-12)


def test_the_plate_carries_one_direction_along_a_pass():
    v, along = np.array([9.0, 14.0]), np.array([0.3, -2.0])
    _, *moves = plates.flight(*v, *along)
    _, expected = jvp(lambda v: figures.flight(v)[-1], (v,), (along,))
    np.testing.assert_allclose(moves, expected, rtol=1e-12)


def test_the_plate_draws_the_throws_of_the_descent():
    velocities, losses = figures.aimed()
    for steps in (0, 3, 30):
        calls = plates.aim.record(steps=steps)
        flights = [call[1] for call in calls if call[0] == "path"][: steps + 1]
        for t, drawn in enumerate(flights):
            np.testing.assert_allclose(drawn, figures.flight(velocities[t])[::5], rtol=1e-9, atol=1e-9)
        before, last, target, way = (call[1] for call in calls if call[0] == "dots")
        np.testing.assert_allclose([*before, *last], [figures.flight(v)[-1] for v in velocities[: steps + 1]])
        np.testing.assert_allclose(way, velocities[: steps + 1])
        assert target == [list(figures.TARGET)]
        ((_, *ends, colour),) = (call for call in calls if call[0] == "arrow")
        step = velocities[steps] - 0.05 * grad(figures.miss)(velocities[steps])
        np.testing.assert_allclose(ends, [*velocities[steps], *step], rtol=1e-9)
        assert colour == "blue"
        assert f"misses by {said(losses[steps] ** 0.5)} m." in plates.aim.said(steps=steps)


def test_the_plate_s_map_shows_by_how_much_throws_miss():
    v = np.array([[5.0, 30.0, 12.0], [10.0, 2.0, 0.0]])
    np.testing.assert_allclose(plates.distances(v) ** 2, [figures.miss(one) for one in v.T], rtol=1e-12)


def test_every_first_throw_of_the_plate_comes_near_the_target():
    for vx in (1, 30):
        for vy in (0, 30):
            calls = plates.aim.record(vx=vx, vy=vy, steps=30)
            last = next(call[1] for call in calls if call[0] == "dots" and call[2] == "blue")
            assert math.dist(last[0], figures.TARGET) < 0.5


def test_operations_by_hand():
    A = np.ones((3, 4))
    for f, x, expected in (
        (lambda x: x + x * x, np.ones(5), 10),
        (lambda x: np.sum(np.sin(x)), np.ones(7), 14),
        (lambda x: A @ x, np.ones(4), 2 * 3 * 4),
        (lambda x: x @ x, np.ones(6), 2 * 6),
        (lambda x: x[0] * x[1], np.ones(2), 1),
        (lambda x: np.concatenate([x, x])[::2], np.ones(4), 0),
        (figures.product, np.ones(9), 8),
        (figures.rosenbrock, np.ones(9), 8 * 8),  # 8 terms: 3 squares, 2 differences, times 100, +, sum
    ):
        assert figures.operations(f, x) == expected


def test_counting_changes_no_result():
    x = np.linspace(0.5, 1.5, 8)
    for f in figures.PROGRAMS.values():
        counted = grad(f)(x.view(figures.Counted))
        np.testing.assert_array_equal(np.asarray(counted), grad(f)(x))


def test_costs_of_a_product_by_hand():
    # Forward: n − 1 products. Back: two products at each, and the part of the factor added in its place.
    reverse, forward, _ = figures.costs(figures.product, 50)
    assert reverse == pytest.approx(4)
    # Along: for each product two more and their sum.
    assert forward == pytest.approx(4)


def test_a_quotient_takes_5_when_both_parts_share_a_division(monkeypatch):
    def quotient(x):  # by function: the operator has looked its rule up already
        y = x[0]
        for i in range(1, len(x)):
            y = np.divide(y, x[i])
        return y

    def of_a(g, y, a, b):
        kept["t"] = g / b
        return kept["t"]

    kept = {}
    assert figures.costs(quotient, 50)[0] == pytest.approx(7)
    monkeypatch.setattr(TABLE[np.divide], "vjps", (of_a, lambda g, y, a, b: -kept["t"] * y))
    assert figures.operations(grad(quotient), np.linspace(0.5, 1.5, 50)) == 5 * 49
    x = np.linspace(0.5, 1.5, 5)
    np.testing.assert_allclose(grad(quotient)(x), quotient(x) / x * [1, -1, -1, -1, -1])


@pytest.mark.parametrize("name", figures.PROGRAMS)
def test_reverse_mode_costs_the_same_few_functions_for_any_number_of_inputs(name):
    f = figures.PROGRAMS[name]
    few, many = figures.costs(f, 16)[0], figures.costs(f, 128)[0]
    assert many == pytest.approx(few, rel=0.05)
    assert many <= (7 if name == "quotient" else 5)


def test_costs_are_of_the_right_derivatives():
    x = np.linspace(0.5, 1.5, 5)
    for f in figures.PROGRAMS.values():
        by_columns = [float(jvp(f, (x,), (e,))[1]) for e in np.eye(5)]
        np.testing.assert_allclose(grad(f)(x), by_columns, rtol=1e-10)
    np.testing.assert_allclose(grad(figures.product)(x), np.prod(x) / x)
    np.testing.assert_allclose(grad(figures.quotient)(x)[1:], -figures.quotient(x) / x[1:])


def test_cost_figure_plots_flat_reverse_and_growing_forward():
    (ax,) = figures.cost_against_inputs().axes
    ((n, reverse), (_, forward), (_, differences)) = (lines(ax, c)[0].T for c in (GRADIENT, INK, MUTED))
    assert reverse.max() / reverse.min() < 1.1
    assert forward[-1] / forward[0] == pytest.approx(n[-1] / n[0], rel=0.05)
    np.testing.assert_array_equal(differences, 2 * n)
    assert reverse[-1] == figures.costs(figures.springs, 512)[0]


def alone(expression):
    """An expression of the module's names in a fresh interpreter: here other threads use memory too."""
    code = f"from {figures.__name__} import *; print(repr(({expression})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return ast.literal_eval(done.stdout)


def test_memory_of_reverse_mode_grows_with_the_steps_and_of_forward_mode_does_not():
    (short, flat), (long, still_flat) = alone("memory_of_modes(50), memory_of_modes(200)")
    assert long == pytest.approx(4 * short, rel=0.15)
    assert still_flat == pytest.approx(flat, rel=0.15)
    assert long > 10 * still_flat


def plain_loss(lr):
    """The same 20 steps with the hand-derived gradient."""
    x, y = toy_line()
    X = with_intercept(x)
    w = descend(lambda w: mse_grad(w, X, y), np.zeros(2), lr=lr, steps=20).w[-1]
    return mse(w, X, y)


def test_loss_after_20_steps_and_its_slope_by_the_rate():
    for lr in (0.1, 0.5, 0.74):
        assert figures.loss_after(lr) == pytest.approx(plain_loss(lr), rel=1e-10)
        measured = (plain_loss(lr + 1e-6) - plain_loss(lr - 1e-6)) / 2e-6
        assert grad(figures.loss_after)(lr) == pytest.approx(measured, rel=1e-6)


def test_descent_on_the_rate_ends_at_the_lowest_loss():
    grid = np.linspace(0.6, 0.78, 181)
    best = grid[np.argmin([plain_loss(lr) for lr in grid])]
    assert figures.tuned()[-1] == pytest.approx(best, abs=0.001)  # the grid's step


def test_rate_figure_draws_the_loss_and_ends_where_the_descent_does():
    (ax,) = figures.rate_by_gradient().axes
    (curve,) = lines(ax, CURVE)
    (end,) = lines(ax, BEST)
    assert end[0, 0] == figures.tuned()[-1]
    assert end[0, 1] <= curve[:, 1].min()
    np.testing.assert_allclose(curve[::12, 1], [plain_loss(lr) for lr in curve[::12, 0]], rtol=1e-9)
    on_paper = ax.transData.transform(curve[(curve[:, 1] > 0.008) & (curve[:, 1] < 0.4)])
    turns = np.diff(np.unwrap(np.arctan2(*np.diff(on_paper, axis=0).T)))
    assert np.degrees(np.abs(turns).max()) < 15  # a polygon would show


@pytest.mark.parametrize("steps", [1, 5, 12])
def test_slope_of_the_logistic_map_in_closed_form(steps):
    # x_n = sin²(2ⁿ t) with x_0 = sin² t.
    t = math.asin(0.3**0.5)
    exact = 2**steps * math.sin(2 ** (steps + 1) * t) / math.sin(2 * t)
    assert figures.logistic_slope(0.3, steps) == pytest.approx(exact, rel=1e-9)
    assert grad(figures.logistic)(0.3, steps) == pytest.approx(exact, rel=1e-9)


def test_the_slope_of_the_root_converges_after_the_root():
    errors = np.array([figures.root_errors(2.0, steps) for steps in range(1, 5)])
    assert np.all(errors[:, 1] > errors[:, 0])
    assert errors[-1, 1] < 1e-10


@pytest.mark.parametrize(
    "draw",
    [figures.cost_against_inputs, figures.rate_by_gradient],
    ids=lambda draw: draw.__name__,
)
def test_figure_is_small_enough_and_in_the_colours_of_the_house(draw):
    assert len(inline_svg(draw(), "label", "f-").encode()) < 25_000


def test_the_first_throw_ends_far_below_the_target():
    p, v = np.zeros(2), np.array([5.0, 10.0])
    for _ in range(100):
        p, v = p + 0.03 * v, v + 0.03 * (np.array([0, -9.81]) - 0.02 * math.hypot(*v) * v)
    np.testing.assert_allclose(figures.first_end(), p, rtol=1e-12)
    assert p[1] < figures.TARGET[1] - 10


def test_what_the_text_says_of_the_costs_is_in_the_table():
    _, _, *rows = figures.cost_table().splitlines()
    columns = np.array([[float(cell) for cell in row.split("|")[2:-1]] for row in rows])
    for column in (0, 2):
        shown = columns[:, column]
        assert figures.range_of_costs(column) == pytest.approx((shown.min(), shown.max()), abs=0.05)


def test_the_cost_hardly_moves_with_the_number_of_inputs():
    by_name = {n: [figures.costs(f, n)[0] for f in figures.PROGRAMS.values()] for n in (8, 32, 128)}
    apart = np.abs(np.array([by_name[8], by_name[128]]) - by_name[32])
    assert figures.moved_by_size() == apart.max() < 1


def test_the_derivative_of_the_root_lags_behind_the_root():
    for steps in (1, 2, 3, 4):
        value, slope = figures.root_errors(2.0, steps)
        assert slope > value
    _, _, first, *others = figures.root_table().splitlines()
    # One step gives (2 + 1)/2, whose derivative by a is ½: √2 and 1/(2√2) are 0.086 and 0.146 away.
    assert first == r"| 1 | $9 \cdot 10^{-2}$ | $1 \cdot 10^{-1}$ |"
    assert len(others) == 3


def test_forward_mode_keeps_its_memory_in_the_table():
    _, _, *rows = alone("memory_table()").splitlines()
    assert [row.split("|")[1].strip() for row in rows] == ["50", "100", "200"]
    assert len({row.split("|")[3] for row in rows}) == 1


def test_the_table_has_the_medians_of_the_benchmark():
    _, _, first, *_ = figures.benchmark_table().splitlines()
    experiments = list(figures.benchmark()["experiments"].values())
    by_hand = experiments[0]["NumPy, by hand (gdbook.mlp)"]["seconds"][1]
    assert first.startswith(f"| NumPy, by hand (gdbook.mlp) | {by_hand * 1e6:.0f}&nbsp;µs, ×&nbsp;1.00 |")
    chain = {name: found["seconds"][1] for name, found in experiments[2].items()}
    assert 100 * figures.seconds_an_operation() + chain["NumPy, by hand"] == pytest.approx(
        chain["gdbook.autodiff"]
    )
    processor, versions = figures.machine()
    assert processor
    assert "NumPy " in versions


def test_floats_lose_the_slope_of_a_chaotic_map():
    _, _, *rows = figures.chaos_table().splitlines()
    same = [engine == exact for _, _, engine, exact, _ in (row.split("|") for row in rows)]
    assert same[0]
    assert not same[-1]
    x, slope = Fraction(0.3), 1
    for _ in range(10):
        x, slope = 4 * x * (1 - x), slope * (4 - 8 * x)
    assert rows[0].endswith(f"| {power(float(slope), 3)} |")


def test_the_program_squares_three_times():
    x, h = 3.0, 1e-6
    cube = (((x + h) ** 8) - (x - h) ** 8) / (2 * h)
    assert figures.squaring_slope() == pytest.approx(cube, rel=1e-8)
    assert figures.squaring_slope() == figures.slope_after(3)
    assert figures.slope_after(2) == 4 * 3**3
