"""The HTML of a lab's controls."""

import re

import pytest

from gdbook.site.pages.lab import Slider


def marks(slider):
    return re.findall(
        r'class="gd-mark-(\w+)" data-at="([\d.]+)" data-row="(\d)">([^<]+)<', slider.html("lab")
    )


def test_marks_stand_where_the_slider_has_their_values():
    slider = Slider("lr", "rate", 0.01, 100, 1, log=True, marks={10: "ten", 0.1: "a tenth"})
    assert marks(slider) == [("right", "0.7500", "0", "ten"), ("left", "0.2500", "1", "a tenth")]
    assert marks(Slider("x", "x", -1, 3, 0, marks={0: "<zero>"})) == [("left", "0.2500", "0", "&lt;zero&gt;")]


def test_no_tick_crosses_a_text():
    """Texts lie towards the middle; the tick of a lower line is further out than those above it."""
    placed = marks(Slider("x", "x", 0, 1, 0, marks={0.95: "b", 0.9: "a", 0.1: "d", 0.2: "c"}))
    assert [text for *_, text in placed if text in "ab"] == ["a", "b"]
    assert [text for *_, text in placed if text in "cd"] == ["c", "d"]


def test_marks_are_read_with_the_slider():
    html = Slider("x", "x", 0, 1, 0, marks={0.5: "half"}).html("lab")
    assert 'aria-describedby="lab-x-marks"' in html
    assert 'id="lab-x-marks"' in html


def test_a_slider_without_marks_has_none():
    assert "marks" not in Slider("x", "x", 0, 1, 0).html("lab")


def test_a_mark_lies_on_the_slider():
    with pytest.raises(ValueError, match="marks of x must be between 0 and 1, got 2"):
        Slider("x", "x", 0, 1, 0, marks={2: "two"})
