"""Plots: the points that are drawn, in a page and by Matplotlib, and what cannot be drawn."""

import json
import sys
from math import inf, nan
from types import SimpleNamespace

import pytest

from gdbook.plot import MARK, MOST, plot


@pytest.fixture
def told(monkeypatch, capsys):
    """What a page is told to draw."""
    monkeypatch.setattr(sys, "implementation", SimpleNamespace(name="micropython"))

    def told(*curves, **options):
        plot(*curves, **options)
        line, end = capsys.readouterr().out.split("\n")
        assert end == ""
        assert line[0] == MARK
        return json.loads(line[1:])

    return told


def test_numbers_are_drawn_over_their_count_and_pairs_as_they_are(told):
    assert told([3.0, 1], [(0.5, 2), [1.5, 4]], names=["loss"]) == {
        "curves": [[[0, 3], [1, 1]], [[0.5, 2], [1.5, 4]]],
        "names": ["loss", ""],
        "log": False,
    }


@pytest.mark.parametrize("end", [inf, -inf, nan])
def test_a_run_that_diverges_is_drawn_so_far(told, end):
    assert told([1.0, 10.0, end, 5.0])["curves"] == [[[0, 1], [1, 10]]]


def test_on_a_logarithmic_axis_what_is_not_above_0_is_left_out(told):
    assert told([4.0, 0.0, 1.0, -1.0], log=True)["curves"] == [[[0, 4], [2, 1]]]


@pytest.mark.parametrize("length", [1, MOST, MOST + 1, 10 * MOST + 3])
def test_of_a_long_curve_some_points_are_drawn_and_the_last(told, length):
    (points,) = told(range(length))["curves"]
    assert len(points) <= MOST + 1
    assert points[0] == [0, 0]
    assert points[-1] == [length - 1, length - 1]


@pytest.mark.parametrize(
    ("curves", "options", "why"),
    [
        ((), {}, "at least one"),
        (([],), {}, "curve 1 has none"),
        (([1.0], [nan]), {}, "curve 2 has none"),
        (([0.0, -1.0],), {"log": True}, "curve 1 has none"),
        ((["a"],), {}, "got 'a'"),
        (([(1, 2, 3)],), {}, r"got \(1, 2, 3\)"),
        (([None],), {}, "got None"),
        (([1.0],), {"names": ["a", "b"]}, "got 2 for 1"),
        (([1.0],), {"names": "ab"}, "names must be a list of words, got 'ab'"),
        (([1.0],), {"names": False}, "names must be a list of words, got False"),
        (([1.0],), {"log": 2}, "log must be True or False, got 2"),
        (([1.0],), {"log": "y"}, "log must be True or False, got 'y'"),
        ((1.0,), {}, "curve 1 is 1.0"),
        (([1.0], len), {}, "curve 2 is <built-in function len>"),
        ((None,), {}, "curve 1 is None"),
    ],
)
def test_what_cannot_be_drawn_is_refused(curves, options, why):
    with pytest.raises((ValueError, TypeError), match=why):
        plot(*curves, **options)


def test_matplotlib_draws_the_same_points(monkeypatch):
    import matplotlib.pyplot as plt

    shown = []
    monkeypatch.setattr(plt, "show", lambda: shown.append(plt.gcf()))
    plot([3.0, 1.0], [(0, 2.0), (5, 4.0)], names=["a", "b"], log=True)
    (ax,) = shown[0].axes
    assert [line.get_xydata().tolist() for line in ax.lines] == [[[0, 3], [1, 1]], [[0, 2], [5, 4]]]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    assert ax.get_yscale() == "log"
    plt.close(shown[0])
