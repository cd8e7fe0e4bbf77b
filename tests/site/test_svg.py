"""A figure becomes part of a page: its colours follow the scheme, its ids are its own."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from fontTools.pens.recordingPen import RecordingPen
from fontTools.svgLib.path import parse_path
from matplotlib.figure import Figure

from gdbook.figures.house import BLUE, INK, figure, in_house_style
from gdbook.site.build.svg import _relative, inline_svg


@in_house_style
def drawing(colour=BLUE):
    fig, ax = figure()
    ax.plot([0, 1, 2], [0, 1, 4], "o-", color=colour)
    ax.text(1, 2, "a & b", color=INK)
    return fig


def test_it_is_one_well_formed_element_with_its_label():
    root = ET.fromstring(inline_svg(drawing(), "A & B", "p-"))
    assert root.tag == "svg"
    assert root.get("role") == "img"
    assert root.get("aria-label") == "A & B"


def test_text_stays_text():
    assert "a & b" in "".join(ET.fromstring(inline_svg(drawing(), "x", "p-")).itertext())


def test_colours_are_variables_and_none_is_fixed():
    svg = inline_svg(drawing(), "x", "p-")
    assert "var(--gd-blue)" in svg
    assert not re.search(r"(fill|stroke)[:=]\"?\s*#", svg)


def test_a_colour_that_is_not_of_the_house_is_refused():
    with pytest.raises(ValueError, match="#123456"):
        inline_svg(drawing("#123456"), "x", "p-")


def test_two_figures_on_a_page_share_no_id():
    one, two = (set(re.findall(r'\bid="([^"]+)"', inline_svg(drawing(), "x", p))) for p in ("a-", "b-"))
    assert one
    assert not one & two


def test_every_reference_has_its_target():
    svg = inline_svg(drawing(), "x", "p-")
    ids = set(re.findall(r'\bid="([^"]+)"', svg))
    assert set(re.findall(r'(?:href="|url\()#([^")]+)', svg)) == ids


def test_nothing_applies_to_the_rest_of_the_page():
    assert "<style" not in inline_svg(drawing(), "x", "p-")


def test_the_same_figure_gives_the_same_bytes():
    assert inline_svg(drawing(), "x", "p-") == inline_svg(drawing(), "x", "p-")


def test_it_is_smaller_than_what_matplotlib_writes(tmp_path):
    drawing().savefig(tmp_path / "plain.svg")
    assert len(inline_svg(drawing(), "x", "p-")) < (tmp_path / "plain.svg").stat().st_size / 2


def points(path):
    """The points of path data, as fontTools reads them."""
    pen = RecordingPen()
    parse_path(path, pen)
    return np.array([point for _, given in pen.value for point in given])


def test_points_stay_where_they_were(tmp_path):
    """The curve's vertices, as matplotlib writes them, to a twentieth of a pixel."""
    drawn = inline_svg(drawing(), "x", "p-")
    ours = re.search(r'd="(M[^"]*)"[^>]*stroke="var\(--gd-blue\)"', drawn)[1]
    drawing().savefig(tmp_path / "plain.svg")
    theirs = re.search(
        r'id="line2d_\d+">\s*<path d="(M [^"]*?)"[^>]*stroke: #0b62c4',
        (tmp_path / "plain.svg").read_text(),
        re.S,
    )[1]
    np.testing.assert_allclose(points(ours), points(theirs), atol=0.0501)


@pytest.mark.parametrize(
    ("path", "relative"),
    [
        ("M 1 2 L 3.5 4 L 3.5 3", "M1 2l2.5 2l0 -1"),
        ("M 1 2 C 1 3 4 5 6 7 Q 0 0 1 1", "M1 2c0 1 3 3 5 5q-6 -7 -5 -6"),
        ("M 1 2 L 3 4 z M 5 5 L 6 6 z L 0 0", "M1 2l2 2zm4 3l1 1zl-5 -5"),
    ],
)
def test_a_point_is_told_from_the_one_before(path, relative):
    assert _relative(path, 1) == relative
    np.testing.assert_allclose(points(relative), points(path), atol=1e-12)


def test_no_error_adds_up_along_a_path():
    rng = np.random.default_rng(0)
    path = "M " + " L ".join(f"{x:.1f} {y:.1f}" for x, y in rng.uniform(0, 700, (5000, 2)))
    np.testing.assert_allclose(points(_relative(path, 1)), points(path), atol=1e-9)


def test_only_a_figure_will_do():
    with pytest.raises(TypeError, match="figure must be a matplotlib Figure"):
        inline_svg("plot.svg", "x", "p-")
    assert isinstance(drawing(), Figure)
