"""The figures of the linear regression chapter, its data, and the rules that its page writes out."""

import contextlib
import io
import re
import textwrap
from pathlib import Path

import numpy as np
import pytest

from gdbook.data import batches, flats, toy_line
from gdbook.figures.house import BLUE, CURVE, GREEN, MUTED, PURPLE
from gdbook.figures.linear_regression import lines_on_the_way, loss_by_batch_size, paths_by_batch_size

PAGE = Path(__file__).parents[2] / "docs" / "descent" / "linear-regression.md"


def steps_by_hand(lr, count, size=100, seed=0):
    """Descent on half the mean squared error, written out for a line: w and b at each step."""
    x, y = toy_line()
    w = b = 0.0
    path = [(w, b)]
    rng = np.random.default_rng(seed)
    while True:
        for i in [np.arange(100)] if size == 100 else batches(100, size, rng):
            if len(path) > count:
                return np.array(path)
            error = w * x[i] + b - y[i]
            w, b = w - lr * np.mean(error * x[i]), b - lr * np.mean(error)
            path.append((w, b))


def excess(path):
    """J at each point of the path, less its minimum by ``polyfit``."""
    x, y = toy_line()
    path = np.vstack([path, np.polyfit(x, y, 1)])
    J = [np.mean((w * x + b - y) ** 2) / 2 for w, b in path]
    return np.array(J[:-1]) - J[-1]


def curves(fig, colour):
    return [line for line in fig.axes[0].lines if line.get_color() == colour]


def test_lines_are_those_after_so_many_steps_and_of_least_squares():
    fig = lines_on_the_way(lr=0.05, shown=(3, 70))
    path = steps_by_hand(0.05, 70)
    for line, (w, b) in zip(curves(fig, BLUE), path[[3, 70]], strict=True):
        np.testing.assert_allclose(line.get_ydata(), [b, w + b], rtol=1e-12)
    w, b = np.polyfit(*toy_line(), 1)
    (best,) = curves(fig, GREEN)
    np.testing.assert_allclose(best.get_ydata(), [b, w + b], rtol=1e-12)


@pytest.mark.parametrize(("size", "colour", "points"), [(100, BLUE, 5), (10, CURVE, 41), (1, PURPLE, 41)])
def test_losses_are_at_the_right_epochs(size, colour, points):
    (line,) = curves(loss_by_batch_size(lr=0.1, epochs=4, seed=3), colour)
    epoch = line.get_xdata()
    assert len(epoch) == points
    path = steps_by_hand(0.1, 4 * 100 // size, size, seed=3)
    at = np.round(epoch * 100 / size).astype(int)
    np.testing.assert_allclose(line.get_ydata(), excess(path)[at], rtol=1e-6)


def test_noise_floor_is_where_theory_puts_it():
    """In the direction of curvature λ one sample's noise has variance σ²λ: share of J ασ²λ/(2(2 − αλ))."""
    x, y = toy_line()
    X = np.column_stack([x, np.ones(100)])
    curvature = np.linalg.eigvalsh(X.T @ X / 100)
    variance = np.mean((y - np.polyval(np.polyfit(x, y, 1), x)) ** 2)
    expected = sum(0.2 * variance * curvature / (2 * (2 - 0.2 * curvature)))
    (dashed,) = [line for line in loss_by_batch_size().axes[0].lines if line.get_linestyle() == "--"]
    # one run of 500 correlated steps, and theory samples with replacement: within a third
    assert dashed.get_ydata()[0] == pytest.approx(expected, rel=0.33)


@pytest.mark.parametrize(("size", "colour"), [(100, BLUE), (1, PURPLE)])
def test_paths_take_equally_many_steps(size, colour):
    (line,) = curves(paths_by_batch_size(lr=0.1, steps=150, seed=2), colour)
    np.testing.assert_allclose(line.get_xydata(), steps_by_hand(0.1, 150, size, seed=2), rtol=1e-9)


def test_paths_stand_over_contours_around_least_squares():
    fig = paths_by_batch_size()
    (best,) = curves(fig, GREEN)
    np.testing.assert_allclose(best.get_xydata()[0], np.polyfit(*toy_line(), 1), rtol=1e-12)
    contours = curves(fig, MUTED)
    levels = np.geomspace(0.003, 2, len(contours))
    for line, level in zip(contours, levels, strict=True):
        np.testing.assert_allclose(excess(line.get_xydata()), level, rtol=1e-9)


def test_flats_are_linear_in_features_of_different_scale():
    X, price = flats(n=20_000, seed=5)
    assert X.shape == (20_000, 2)
    assert X[:, 0].min() >= 35
    assert X[:, 0].max() <= 140
    assert X[:, 1].min() >= 100
    assert X[:, 1].max() <= 3000
    theta, (squares,), *_ = np.linalg.lstsq(np.column_stack([X, np.ones(len(X))]), price, rcond=None)
    # standard errors: 20/√n over the deviation of each feature, and about 0.5 for the base: four of them
    np.testing.assert_array_less(abs(theta - [3.2, -0.03, 60]), [0.02, 7e-4, 2.5])
    assert np.sqrt(squares / len(X)) == pytest.approx(20, abs=0.4)


def test_flats_come_from_the_seed():
    np.testing.assert_array_equal(flats(seed=3)[1], flats(seed=3)[1])
    assert (flats(seed=3)[1] != flats(seed=4)[1]).all()


@pytest.mark.parametrize("bad", [{"n": 1}, {"n": 2.5}, {"seed": -1}])
def test_flats_refuse_what_is_no_count(bad):
    with pytest.raises((TypeError, ValueError), match=next(iter(bad))):
        flats(**bad)


def after(rule, steps):
    """θ after so many steps of the block that the page shows for the rule."""
    tab = PAGE.read_text(encoding="utf-8").split(f'=== "{rule}"')[1]
    code = textwrap.dedent(re.search(r"    ```python run\n(.*?)    ```", tab, re.DOTALL).group(1))
    assert code.count("range(1, 1001)") == 1
    names = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(code.replace("range(1, 1001)", f"range(1, {steps + 1})"), names)
    return names["theta"]


# The first gradient g is negative in both places. AdaGrad divides it by √g², RMSProp by √(0.1 g²); Adam's
# corrections make it AdaGrad's step.
@pytest.mark.parametrize(("rule", "first"), [("AdaGrad", 0.5), ("RMSProp", 0.01 / 0.1**0.5), ("Adam", 0.05)])
def test_first_step_of_the_rules_on_the_page_does_not_depend_on_the_size_of_the_gradient(rule, first):
    np.testing.assert_allclose(after(rule, 1), [first, first], rtol=1e-6)


# A constant rate leaves RMSProp swinging by half of it, 0.005; the others arrive.
@pytest.mark.parametrize(("rule", "within"), [("AdaGrad", 1e-6), ("RMSProp", 0.0051), ("Adam", 1e-6)])
def test_rules_on_the_page_arrive_at_least_squares(rule, within):
    np.testing.assert_allclose(after(rule, 1000), np.polyfit(*toy_line(), 1), rtol=0, atol=within)
