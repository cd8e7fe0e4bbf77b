"""What the figures of the notebook on the edge of stability draw, against the runs that they were given."""

import numpy as np
import pytest

from gdbook.figures import edge_of_stability as figures
from gdbook.figures.house import words
from gdbook.site.build.svg import inline_svg

RUNS = {
    0.1: (np.geomspace(1, 0.01, 301), np.linspace(5, 12, 101)),
    0.2: (np.geomspace(1, 0.02, 151), np.minimum(np.linspace(5, 16, 101), 10.2)),
}


def lines(ax, style):
    return [line for line in ax.lines if line.get_linestyle() == style]


def test_sharpness_is_drawn_against_time():
    fig = figures.sharpness_of_rates(RUNS, 30)
    for line, (_, S) in zip(lines(fig.axes[0], "-"), RUNS.values(), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), S)
        assert list(line.get_xdata()[[0, -1]]) == [0, 30]


def test_an_edge_stands_where_the_run_comes_near_it():
    # 2/0.1 = 20 is far above what the first run reaches.
    edges = lines(figures.sharpness_of_rates(RUNS, 30).axes[0], "--")
    assert [line.get_ydata()[0] for line in edges] == [pytest.approx(10)]


def test_the_label_holds_the_late_median_beside_the_edge():
    label = figures.sharpness_of_rates(RUNS, 30).get_label()
    assert f"{np.median(RUNS[0.1][1][-50:]):.2f} for η = 0.1 (2/η is 20.00)" in label
    assert "10.20 for η = 0.2 (2/η is 10.00)" in label


def test_one_run_stands_beside_its_edge():
    S = np.r_[np.linspace(5, 11, 51), np.full(50, 10.1)]
    fig = figures.one_run(S, 0.2, 15)
    (run,), (edge,) = (lines(fig.axes[0], style) for style in ("-", "--"))
    np.testing.assert_array_equal(run.get_ydata(), S)
    assert list(run.get_xdata()) == list(range(0, 1501, 15))
    assert list(edge.get_ydata()) == pytest.approx([10, 10])
    assert "2/η = 10.00 to 11.0" in fig.get_label()
    assert words(fig.get_label())[0].endswith("median is 10.10.")


def test_losses_are_those_of_the_steps_drawn():
    ax = figures.losses_of_rates(RUNS, 30, points=50).axes[0]
    for line, (lr, (losses, _)) in zip(ax.lines, RUNS.items(), strict=True):
        steps = np.rint(np.asarray(line.get_xdata()) / lr).astype(int)
        assert len(steps) == 50
        assert list(steps[[0, -1]]) == [0, len(losses) - 1]
        np.testing.assert_array_equal(line.get_ydata(), losses[steps])


def test_the_edge_jumps_at_the_cut():
    S = np.linspace(4, 6, 11)
    ax = figures.after_a_cut(S, 10, 40, 4.0, 6.5).axes[0]
    (edge,) = lines(ax, "--")
    assert list(zip(edge.get_xdata(), edge.get_ydata(), strict=True)) == [
        (0, 4),
        (40, 4),
        (40, 6.5),
        (100, 6.5),
    ]
    (run,) = lines(ax, "-")
    assert list(run.get_xdata()) == list(range(0, 101, 10))
    np.testing.assert_array_equal(run.get_ydata(), S)


def test_shares_are_drawn_with_the_edge_at_one():
    ratios = {"momentum, β = 0.5": np.linspace(0.5, 1, 101), "nesterov, β = 0.9": np.full(101, 0.9)}
    fig = figures.share_of_the_edge(ratios, 15)
    ax = fig.axes[0]
    for line, ratio in zip(lines(ax, "-"), ratios.values(), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), ratio)
    assert [line.get_ydata()[0] for line in lines(ax, "--")] == [1]
    assert "nesterov, β = 0.9 0.90" in fig.get_label()


def test_they_are_in_the_houses_colours():
    drawn = inline_svg(figures.sharpness_of_rates(RUNS, 30), "x", "p-")
    assert "var(--gd-pale)" in drawn
    assert "var(--gd-middle)" in drawn
