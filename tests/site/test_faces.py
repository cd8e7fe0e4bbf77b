"""The text faces hold what the pages show, come with the style, and carry their licences."""

import base64
import io
import re

import pytest
from fontTools.ttLib import TTFont
from visit import visit

from gdbook.site.build.faces import ALWAYS, FACES, FOLDER, in_no_face, licences, style_sheet, text_of


def fonts(sheet):
    """``(family, style, font)`` of each face in a style sheet."""
    rules = re.findall(
        r'font-family:"([^"]+)";font-style:(\w+);.*?url\("data:font/woff2;base64,([^"]+)"\)', sheet
    )
    return [(family, style, TTFont(io.BytesIO(base64.b64decode(data)))) for family, style, data in rules]


@pytest.fixture(scope="module")
def sheet():
    return style_sheet("éη⁴→中", "𝑤𝑡", "𝑡")


def test_the_text_of_a_page_is_neither_its_formulas_nor_its_code_nor_its_scripts():
    page = "<p>a&eacute;<math><mi>w</mi></math><script>s</script><pre>c</pre>\n<b>z</b></p>"
    assert set(text_of(page)) == set("aéz ")


def test_each_face_is_there_with_what_was_asked_and_what_scripts_may_write(sheet):
    *made, (family, _, math) = fonts(sheet)
    assert [(family, style) for family, style, _ in made] == [face[:2] for face in FACES]
    assert family == "Book Math"
    assert {*map(ord, "𝑤𝑡")} <= set(math.getBestCmap())
    for family, _, font in made:
        has = set(font.getBestCmap())
        assert {*map(ord, ALWAYS), ord("é")} <= has, family
        assert has <= {*map(ord, ALWAYS), *map(ord, "é⁴→")}, family


def test_greek_is_of_the_math_font_in_every_face(sheet):
    assert set(in_no_face("aéη⁴")) == set("η⁴")
    assert [family for family, _, font in fonts(sheet) if ord("η") in font.getBestCmap()] == []


def test_the_sans_has_the_weights_of_heads_and_no_others(sheet):
    (font,) = [font for family, _, font in fonts(sheet) if family == "Book Sans"]
    (axis,) = font["fvar"].axes
    assert (axis.axisTag, axis.minValue, axis.maxValue) == ("wght", 400, 700)


def test_a_cut_does_not_bear_the_name_that_its_maker_reserves(sheet):
    for family, _, font in fonts(sheet)[:-1]:
        assert font["name"].getDebugName(1) == family
        assert re.search("©|Copyright", font["name"].getDebugName(0))


def test_a_style_sheet_is_the_same_bytes_each_time(sheet):
    assert style_sheet("→中⁴ηé", "𝑡𝑤", "𝑡") == sheet


def test_the_licences_are_those_of_the_faces():
    assert {name.split("-")[0] for name in licences()} == {file.split("-")[0] for *_, file in FACES}
    assert all(b"SIL OPEN FONT LICENSE Version 1.1" in text for text in licences().values())


def test_the_site_has_the_licences_beside_the_faces(site):
    for name, text in licences().items():
        assert (site / "assets" / "licences" / name).read_bytes() == text
    assert "licences/" in (site / "assets" / "type.css").read_text("utf-8")
    assert FOLDER.is_dir()


# By how much of its height a long page may differ without the faces.
NEARLY = 0.015


def test_without_the_faces_a_page_keeps_its_lines(browser, server):
    heights = []
    for blocked in (False, True):
        context = browser.new_context(viewport={"width": 390, "height": 844})
        tab = context.new_page()
        if blocked:
            tab.route("**/type.css", lambda route: route.abort())
        tab.goto(server.url + "about/decisions/")
        heights.append(tab.evaluate("document.querySelector('article').offsetHeight"))
        context.close()
    assert abs(heights[1] / heights[0] - 1) < NEARLY


VISITS = 3


@pytest.mark.parametrize("page", ["descent/momentum/", "training/digits/", "labs/race/"])
def test_text_is_drawn_once_and_in_its_faces(browser, far_server, page):
    # A busy machine may draw a table before all its rows are there. What a face moves, it moves each time.
    shifts = []
    while len(shifts) < VISITS and (0, []) not in shifts:
        with visit(browser, far_server, page, 390) as opened:
            shifts.append(opened.shift())
    assert (0, []) in shifts, shifts
    with visit(browser, far_server, page, 390) as opened:
        assert not [name for name, _ in opened.sent if name.endswith("woff2")]
        for face in ("16px 'Book Serif'", "italic 16px 'Book Serif'", "600 16px 'Book Sans'"):
            assert opened.tab.evaluate("(face) => document.fonts.check(face)", face), face
