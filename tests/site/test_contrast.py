"""Every colour that words have is seen on what they stand on, in both schemes."""

import pytest
from built import parse, text_of

from gdbook.figures.house import NAMES
from gdbook.site.pages.contrast import PAIRS, SCHEMES, TEXT, contrast, pairs, table, variables


def test_black_on_white_has_the_contrast_that_the_standard_gives():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_pair_of_colours_is_legible(scheme):
    assert [pair for pair in pairs(scheme) if pair[2] < TEXT] == []


def test_each_colour_of_figures_but_paper_and_grid_is_among_the_pairs():
    colours = {colour for colour, _ in PAIRS}
    assert {f"--gd-{name}" for name in NAMES.values()} - colours == {"--gd-grid"}


def test_each_colour_is_drawn_anew_for_the_dark():
    light, dark = map(variables, SCHEMES)
    assert [name for name in light if name.startswith("--gd-") and light[name] == dark[name]] == []


def test_an_unknown_scheme_is_refused():
    with pytest.raises(ValueError, match="'sepia' is not known, use one of"):
        variables("sepia")


def test_the_pairs_are_reported_on_a_page(site):
    page = parse(site / "about" / "verified" / "index.html")[0]
    (told,) = [table for table in page.iter("table") if "link" in text_of(table) and "dark" in text_of(table)]
    assert len(list(told.iter("tr"))) == len(table().splitlines()) - 1
